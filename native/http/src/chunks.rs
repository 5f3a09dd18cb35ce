//! The strict reading of a chunked body: RFC 9112 §7.1.
//!
//! Lines are handed on whole or not at all, so that what comes after is never in doubt.

use bytes::{Bytes, BytesMut};

use crate::head::split_field;
use crate::target::is_token_byte;

/// Bytes of a chunk's line. Extensions are for nothing that is known here.
const LONGEST_LINE: usize = 256;
/// Bytes of all chunk lines beyond what their sizes need: many small extensions are as bad.
const MOST_EXTENSIONS: usize = 8 * 1024;
/// Bytes of the trailer section.
const MOST_TRAILERS: usize = 8 * 1024;

pub(crate) struct Chunks {
    place: Place,
    extensions: usize,
}

enum Place {
    Size,
    Data(u64),
    DataEnd,
    Trailers,
    End,
}

pub(crate) enum Step {
    /// Bytes that are in order.
    Some(Bytes),
    /// More input is needed.
    Starved,
    /// The body is over; what follows is another request.
    End,
}

/// The body is against the rules.
#[derive(Debug)]
pub(crate) struct Broken(pub &'static str);

impl Chunks {
    pub(crate) fn new() -> Self {
        Self { place: Place::Size, extensions: 0 }
    }

    /// Takes what it can from `input`.
    pub(crate) fn step(&mut self, input: &mut BytesMut) -> Result<Step, Broken> {
        match self.place {
            Place::Size => {
                let Some(end) = line_end(input, LONGEST_LINE)? else { return Ok(Step::Starved) };
                let (size, digits) = read_size(&input[..end])?;
                self.extensions += end - digits;
                if self.extensions > MOST_EXTENSIONS {
                    return Err(Broken("too many chunk extensions"));
                }
                self.place = if size == 0 { Place::Trailers } else { Place::Data(size) };
                Ok(Step::Some(input.split_to(end + 2).freeze()))
            }
            Place::Data(left) => {
                if input.is_empty() {
                    return Ok(Step::Starved);
                }
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                let left = left - count as u64;
                self.place = if left == 0 { Place::DataEnd } else { Place::Data(left) };
                Ok(Step::Some(input.split_to(count).freeze()))
            }
            Place::DataEnd => match input[..] {
                [b'\r', b'\n', ..] => {
                    self.place = Place::Size;
                    Ok(Step::Some(input.split_to(2).freeze()))
                }
                [] | [b'\r'] => Ok(Step::Starved),
                _ => Err(Broken("a chunk that is longer than it says")),
            },
            Place::Trailers => {
                let mut from = 0;
                loop {
                    let Some(end) = line_end(&input[from..], MOST_TRAILERS)? else {
                        if input.len() > MOST_TRAILERS {
                            return Err(Broken("too many trailers"));
                        }
                        return Ok(Step::Starved);
                    };
                    let line = &input[from..from + end];
                    from += end + 2;
                    if line.is_empty() {
                        self.place = Place::End;
                        return Ok(Step::Some(input.split_to(from).freeze()));
                    }
                    split_field(line).map_err(|refusal| Broken(refusal.why))?;
                }
            }
            Place::End => Ok(Step::End),
        }
    }
}

/// Where the line ends, without its CR LF, if it does yet.
fn line_end(input: &[u8], longest: usize) -> Result<Option<usize>, Broken> {
    match input.iter().take(longest + 2).position(|&byte| byte == b'\n') {
        Some(end) if end > 0 && input[end - 1] == b'\r' => Ok(Some(end - 1)),
        Some(_) => Err(Broken("a line that ends without CR")),
        None if input.len() > longest => Err(Broken("a line of the chunked body is too long")),
        None => Ok(None),
    }
}

/// A chunk's size, and how many digits it has. After it extensions may follow: `;name=value`.
fn read_size(line: &[u8]) -> Result<(u64, usize), Broken> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let size = std::str::from_utf8(&line[..digits])
        .ok()
        // Sixteen digits and not one more, so that nobody's number overflows.
        .filter(|text| text.len() <= 16)
        .and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or(Broken("a chunk size that is no number"))?;
    let mut rest = &line[digits..];
    while !rest.is_empty() {
        rest = rest.strip_prefix(b";").ok_or(Broken("a chunk size with something after it"))?;
        let name = rest.iter().take_while(|&&byte| is_token_byte(byte)).count();
        if name == 0 {
            return Err(Broken("a chunk extension without a name"));
        }
        rest = &rest[name..];
        if let Some(value) = rest.strip_prefix(b"=") {
            rest = skip_value(value)?;
        }
    }
    Ok((size, digits))
}

/// Over a token or a quoted string.
fn skip_value(value: &[u8]) -> Result<&[u8], Broken> {
    let wrong = Broken("a chunk extension with a value that is none");
    let Some(mut quoted) = value.strip_prefix(b"\"") else {
        let length = value.iter().take_while(|&&byte| is_token_byte(byte)).count();
        return if length == 0 { Err(wrong) } else { Ok(&value[length..]) };
    };
    loop {
        quoted = match quoted {
            [b'"', rest @ ..] => return Ok(rest),
            [b'\\', byte, rest @ ..] if *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f) => rest,
            [byte, rest @ ..] if *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f && *byte != b'\\') => rest,
            _ => return Err(wrong),
        };
    }
}
