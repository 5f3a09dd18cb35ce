//! A server's settings, from terms. Names and types are Elixir's to check: what is none is a bad
//! argument here.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustler::{Atom, Binary, Decoder, NifResult, Term};
use workbooks_http::{Certificate, Config, Limits, Listen};

use crate::atoms;

/// `{listen, certificates, h2, h2c, threads, limits}`.
pub struct Settings(pub Config);

impl<'a> Decoder<'a> for Settings {
    fn decode(term: Term<'a>) -> NifResult<Settings> {
        let (listen, certificates, h2, h2c, threads, limits) =
            term.decode::<(Vec<Place>, Certificates, bool, bool, usize, Given)>()?;
        let listen = listen.into_iter().map(|Place(listen)| listen).collect();
        Ok(Settings(Config { listen, certificates: certificates.0, h2, h2c, threads, limits: limits.0 }))
    }
}

/// `{:tcp, address, port, tls}` or `{:unix, path, mode}`.
struct Place(Listen);

impl<'a> Decoder<'a> for Place {
    fn decode(term: Term<'a>) -> NifResult<Place> {
        if let Ok((tcp, address, port, tls)) = term.decode::<(Atom, &str, u16, bool)>()
            && tcp == atoms::tcp()
        {
            let address: IpAddr = address.parse().map_err(|_| rustler::Error::BadArg)?;
            return Ok(Place(Listen::Tcp { address: SocketAddr::new(address, port), tls }));
        }
        match term.decode::<(Atom, &str, u32)>()? {
            (unix, path, mode) if unix == atoms::unix() => Ok(Place(Listen::Unix { path: path.into(), mode })),
            _ => Err(rustler::Error::BadArg),
        }
    }
}

/// A list of `{hosts, chain, key}`, the latter two in PEM.
pub struct Certificates(pub Vec<Certificate>);

impl<'a> Decoder<'a> for Certificates {
    fn decode(term: Term<'a>) -> NifResult<Certificates> {
        let list = term.decode::<Vec<(Vec<String>, Binary, Binary)>>()?;
        let certificate = |(hosts, chain, key): (Vec<String>, Binary, Binary)| Certificate {
            hosts,
            chain: chain.as_slice().to_vec(),
            key: key.as_slice().to_vec(),
        };
        Ok(Certificates(list.into_iter().map(certificate).collect()))
    }
}

/// The limits, with those that were given as `{name, number}`; times are in milliseconds.
struct Given(Limits);

impl<'a> Decoder<'a> for Given {
    fn decode(term: Term<'a>) -> NifResult<Given> {
        let mut limits = Limits::default();
        for (name, value) in term.decode::<Vec<(Term, u64)>>()? {
            let size = usize::try_from(value).unwrap_or(usize::MAX);
            let count = u32::try_from(value).unwrap_or(u32::MAX);
            let time = Duration::from_millis(value);
            match name.atom_to_string()?.as_str() {
                "request_line" => limits.request_line = size,
                "header_bytes" => limits.header_bytes = size,
                "header_count" => limits.header_count = size,
                "body_bytes" => limits.body_bytes = value,
                "header_time" => limits.header_time = time,
                "body_gap" => limits.body_gap = time,
                "idle_time" => limits.idle_time = time,
                "request_time" => limits.request_time = time,
                "connections" => limits.connections = size,
                "in_flight" => limits.in_flight = size,
                "h2_streams" => limits.h2_streams = count,
                "h2_resets" => limits.h2_resets = count,
                _ => return Err(rustler::Error::BadArg),
            }
        }
        Ok(Given(limits))
    }
}
