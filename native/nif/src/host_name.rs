//! Host names as they are looked up.

use rustler::{Binary, Encoder, Env, Term};

use crate::atoms;

/// More is no host name: the longest has 253 bytes, and a character of any script takes 4.
const MOST: usize = 1024;

/// `{:ok, ascii}`: lower case, and what is not ASCII as Punycode; `:error` for what is no host name
/// of any script. How long its labels are, and whether they are empty, is the caller's to see.
#[rustler::nif]
fn host_to_ascii<'a>(env: Env<'a>, name: Binary<'a>) -> Term<'a> {
    let name = name.as_slice();
    let ascii = match std::str::from_utf8(name) {
        // What stands in no URL is refused; a "_" is not, which hosts in the wild have.
        Ok(_) if name.len() <= MOST => idna::domain_to_ascii_cow(name, idna::AsciiDenyList::URL).ok(),
        _ => None,
    };
    match ascii {
        Some(ascii) => (atoms::ok(), ascii.as_ref()).encode(env),
        None => atoms::error().encode(env),
    }
}
