//! What a request is for: the rules of RFC 9112 §3.2 and RFC 9110 §7.2 for targets and hosts.

use crate::refusal::Refusal;

/// A method or a field's name: RFC 9110 §5.6.2.
pub(crate) fn is_token(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is_token_byte(byte))
}

pub(crate) fn is_token_byte(byte: u8) -> bool {
    TOKEN[byte as usize]
}

/// Looked up for every byte of every name.
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"!#$%&'*+-.^_`|~";
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
};

/// A path with its query. Escapes (`%2e`) are left to whoever knows what the path means; what
/// must have been escaped and was not is refused. A query may have what browsers leave in it.
pub(crate) fn check_path(path_and_query: &[u8]) -> Result<(), Refusal> {
    if path_and_query.first() != Some(&b'/') {
        return Err(Refusal::bad("the target is neither a path nor a URL"));
    }
    let mut in_query = false;
    for &byte in path_and_query {
        let fine = match byte {
            b'#' => return Err(Refusal::bad("a fragment in the target")),
            b'"' | b'<' | b'>' => false,
            b'\\' | b'^' | b'`' | b'{' | b'}' => in_query,
            _ => byte.is_ascii_graphic(),
        };
        if !fine {
            return Err(Refusal::bad("a character in the target that must be escaped"));
        }
        in_query |= byte == b'?';
    }
    Ok(())
}

/// A host and its port, as `host` and an absolute target have them: a name, an IPv4 address or
/// an IPv6 one in brackets; no user, no path, no list.
pub(crate) fn check_host(host: &[u8]) -> Result<(), Refusal> {
    let wrong = Err(Refusal::bad("the host is none"));
    let (name, port) = match host.iter().position(|&byte| byte == b']') {
        Some(end) => {
            let (address, rest) = host.split_at(end + 1);
            let inside = &address[..end];
            let valid = inside.first() == Some(&b'[')
                && std::str::from_utf8(&inside[1..]).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok());
            if !valid {
                return wrong;
            }
            (&b"v6"[..], rest)
        }
        None => match host.iter().position(|&byte| byte == b':') {
            Some(colon) => host.split_at(colon),
            None => (host, &b""[..]),
        },
    };
    let port = match port {
        [] => port,
        [b':', digits @ ..] => digits,
        _ => return wrong,
    };
    let name_fine = !name.is_empty()
        && name.len() <= 255
        && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=".contains(&byte));
    // A colon without a port is allowed by the grammar.
    let port_fine = port.iter().all(u8::is_ascii_digit)
        && (port.is_empty() || std::str::from_utf8(port).is_ok_and(|text| text.parse::<u16>().is_ok()));
    if name_fine && port_fine { Ok(()) } else { wrong }
}

/// The parts of an absolute target: its host, and its path with query (which may be empty).
pub(crate) fn split_url(target: &[u8]) -> Result<(&[u8], &[u8]), Refusal> {
    let rest = strip_scheme(target, b"http://")
        .or_else(|| strip_scheme(target, b"https://"))
        .ok_or(Refusal::bad("the target is neither a path nor a URL"))?;
    let end = rest.iter().position(|&byte| b"/?#".contains(&byte)).unwrap_or(rest.len());
    Ok(rest.split_at(end))
}

fn strip_scheme<'a>(target: &'a [u8], scheme: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// Whether two hosts are the same one, whichever way their letters and usual ports are written.
pub(crate) fn same_host(left: &[u8], right: &[u8]) -> bool {
    fn bare(host: &[u8]) -> &[u8] {
        [&b":80"[..], b":443", b":"].iter().find_map(|port| host.strip_suffix(*port)).unwrap_or(host)
    }
    bare(left).eq_ignore_ascii_case(bare(right))
}
