//! Whom a guest may talk to.
//!
//! A rule names hosts; a connection is judged by the address it is made to. What a name
//! resolves to is remembered, and no name is resolved a second time between the check and
//! the connection. Addresses that are not of the public internet (private, loopback,
//! link-local, unique-local, multicast, unspecified, documentation, those with an IPv4
//! address inside an IPv6 one) are refused unless a rule names the address, or a range of
//! nothing but such addresses.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime_wasi::WasiCtxBuilder;
use wasmtime_wasi::sockets::SocketAddrUse;

use super::{Error, Kind};

/// Addresses remembered for one guest.
const REMEMBERED: usize = 4096;

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    base: IpAddr,
    length: u8,
}

impl Block {
    const fn v4(a: u8, b: u8, c: u8, length: u8) -> Block {
        Block { base: IpAddr::V4(Ipv4Addr::new(a, b, c, 0)), length }
    }

    const fn v6(a: u16, b: u16, length: u8) -> Block {
        Block { base: IpAddr::V6(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0)), length }
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.length)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= u32::from(self.length)
            }
            _ => false,
        }
    }
}

/// What is not of the public internet (the special-purpose registries of RFC 6890, and
/// all of IPv6 outside of 2000::/3).
const SPECIAL: [Block; 22] = [
    Block::v4(0, 0, 0, 8),
    Block::v4(10, 0, 0, 8),
    Block::v4(100, 64, 0, 10),
    Block::v4(127, 0, 0, 8),
    Block::v4(169, 254, 0, 16),
    Block::v4(172, 16, 0, 12),
    Block::v4(192, 0, 0, 24),
    Block::v4(192, 0, 2, 24),
    Block::v4(192, 88, 99, 24),
    Block::v4(192, 168, 0, 16),
    Block::v4(198, 18, 0, 15),
    Block::v4(198, 51, 100, 24),
    Block::v4(203, 0, 113, 24),
    Block::v4(224, 0, 0, 4),
    Block::v4(240, 0, 0, 4),
    Block::v6(0, 0, 3),
    Block::v6(0x4000, 0, 2),
    Block::v6(0x8000, 0, 1),
    Block::v6(0x2001, 0, 23),
    Block::v6(0x2001, 0xdb8, 32),
    Block::v6(0x2002, 0, 16),
    Block::v6(0x3fff, 0, 20),
];

fn is_special(address: IpAddr) -> bool {
    SPECIAL.iter().any(|block| block.contains(address))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Name(String),
    /// The part after `*`, with its dot.
    Below(String),
    Block(Block),
}

/// One entry of an allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// HTTP requests of this scheme only.
    scheme: Option<&'static str>,
    host: Host,
    /// Every port, when none is named.
    port: Option<u16>,
}

impl Rule {
    fn parse(text: &str) -> Option<Rule> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("http", rest)) => (Some("http"), rest),
            Some(("https", rest)) => (Some("https"), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (host, port) = host_and_port(rest)?;
        let host = match host.strip_prefix('*') {
            Some(below) => Host::Below(below.strip_prefix('.').and_then(name).map(|name| format!(".{name}"))?),
            None => match block(host) {
                Some(block) => Host::Block(block),
                // Digits and dots alone, or a slash: an address gone wrong rather than a name.
                None if host.bytes().all(|byte| byte.is_ascii_digit() || b"./:[]".contains(&byte)) => return None,
                None => Host::Name(name(host)?),
            },
        };
        Some(Rule { scheme, host, port })
    }

    fn is_for(&self, scheme: Option<&str>, port: u16) -> bool {
        let scheme_fits = self.scheme.is_none() || self.scheme == scheme;
        let default = self.scheme.map(|scheme| if scheme == "https" { 443 } else { 80 });
        scheme_fits && self.port.or(default).is_none_or(|of_rule| of_rule == port)
    }

    fn names(&self, host: &str) -> bool {
        match &self.host {
            Host::Name(name) => name == host,
            Host::Below(suffix) => host.len() > suffix.len() && host.ends_with(suffix.as_str()),
            Host::Block(_) => false,
        }
    }

    /// Whether it covers the address, which needs more than a wide range where it is a special one.
    fn covers(&self, address: IpAddr) -> bool {
        let Host::Block(block) = &self.host else { return false };
        let mut around = SPECIAL.iter().filter(|special| special.contains(address)).peekable();
        let wide_enough = around.peek().is_none() || around.any(|special| special.length <= block.length);
        block.contains(address) && wide_enough
    }
}

fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    // "fd00::1", "fd00::/8": several colons and no bracket are an address without a port.
    if !text.starts_with('[') && text.bytes().filter(|byte| *byte == b':').count() > 1 {
        return Some((text, None));
    }
    if let Some((inner, after)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return match after.strip_prefix(':') {
            Some(port) => Some((inner, Some(port.parse().ok()?))),
            None if after.is_empty() => Some((inner, None)),
            None => None,
        };
    }
    match text.split_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}

fn block(text: &str) -> Option<Block> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let base: IpAddr = address.parse().ok()?;
    let most = if base.is_ipv4() { 32 } else { 128 };
    let length = length.unwrap_or(most);
    (length <= most).then_some(Block { base, length })
}

/// A host's name as it is compared: lower case, no dot at its end.
fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let fits =
        !text.is_empty() && text.len() <= 253 && text.bytes().all(allowed) && !text.split('.').any(str::is_empty);
    fits.then(|| text.to_ascii_lowercase())
}

/// Why a guest may not connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No rule grants the host.
    NotGranted,
    /// The name is granted, but what it resolves to is no public address.
    Special,
    /// There is no such name.
    Unresolved,
}

/// Whom one guest may talk to. The default grants nobody.
#[derive(Default)]
pub(crate) struct Network {
    rules: Vec<Rule>,
    listen: Vec<Rule>,
    /// Addresses that granted names resolved to, with the rules that granted them.
    resolved: Mutex<HashMap<IpAddr, Vec<usize>>>,
}

impl Network {
    /// # Errors
    /// [`Kind::Type`] that names the rule which is none.
    pub(crate) fn new(rules: &[String], listen: &[String]) -> Result<Network, Error> {
        let rules = rules.iter().map(|text| Rule::parse(text).ok_or_else(|| no_rule(text)));
        let listen = listen.iter().map(|text| match Rule::parse(text) {
            Some(rule) if rule.scheme.is_none() && matches!(rule.host, Host::Block(_)) => Ok(rule),
            _ => Err(no_listen_rule(text)),
        });
        Ok(Network {
            rules: rules.collect::<Result<_, _>>()?,
            listen: listen.collect::<Result<_, _>>()?,
            resolved: Mutex::default(),
        })
    }

    pub(super) fn give(self: &Arc<Self>, builder: &mut WasiCtxBuilder) {
        let granted = !self.rules.is_empty() || !self.listen.is_empty();
        builder.allow_tcp(granted).allow_udp(granted);
        let network = self.clone();
        builder.socket_addr_check(move |address, usage| {
            let granted = network.grants(address, usage);
            Box::pin(std::future::ready(granted))
        });
    }

    pub(crate) fn grants(&self, address: SocketAddr, usage: SocketAddrUse) -> bool {
        match usage {
            SocketAddrUse::TcpConnect | SocketAddrUse::UdpSend => self.may_connect(address),
            SocketAddrUse::UdpReceive => !self.listen.is_empty() || self.may_connect(address),
            // Any port of any address: what connecting does by itself.
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind if address.ip().is_unspecified() && address.port() == 0 => {
                true
            }
            SocketAddrUse::TcpBind | SocketAddrUse::UdpBind | SocketAddrUse::TcpListen => self.may_listen(address),
            SocketAddrUse::TcpAccept => !self.listen.is_empty(),
        }
    }

    fn may_listen(&self, address: SocketAddr) -> bool {
        self.listen.iter().any(|rule| {
            let port = rule.port.unwrap_or(0);
            rule.covers(address.ip()) && (port == 0 || port == address.port())
        })
    }

    fn may_connect(&self, address: SocketAddr) -> bool {
        let by_name = || {
            let resolved = self.resolved();
            let rules = resolved.get(&address.ip()).map(Vec::as_slice).unwrap_or_default();
            rules.iter().filter_map(|at| self.rules.get(*at)).any(|rule| rule.is_for(None, address.port()))
        };
        self.covers(None, address) || by_name()
    }

    /// Whether a rule names the address itself.
    fn covers(&self, scheme: Option<&str>, address: SocketAddr) -> bool {
        self.rules.iter().any(|rule| rule.is_for(scheme, address.port()) && rule.covers(address.ip()))
    }

    fn resolved(&self) -> MutexGuard<'_, HashMap<IpAddr, Vec<usize>>> {
        self.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses behind a host that an HTTP request may go to.
    pub(crate) async fn reach(&self, scheme: &str, host: &str, port: u16) -> Result<Vec<SocketAddr>, Refused> {
        if let Some(address) = literal(host) {
            let address = SocketAddr::new(address, port);
            return if self.covers(Some(scheme), address) { Ok(vec![address]) } else { Err(Refused::NotGranted) };
        }
        let host = name(host).ok_or(Refused::NotGranted)?;
        if !self.rules.iter().any(|rule| rule.is_for(Some(scheme), port) && rule.names(&host)) {
            return Err(Refused::NotGranted);
        }
        let found = tokio::net::lookup_host((host.as_str(), port)).await.map_err(|_| Refused::Unresolved)?;
        self.public(found.collect(), |address| self.covers(Some(scheme), address))
    }

    /// The addresses of a name, for a guest that connects by itself; they are its from now on.
    pub(crate) async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, Refused> {
        if let Some(address) = literal(host) {
            return Ok(vec![address]);
        }
        let host = name(host).ok_or(Refused::NotGranted)?;
        let granting = |(at, rule): (usize, &Rule)| (rule.scheme.is_none() && rule.names(&host)).then_some(at);
        let rules: Vec<usize> = self.rules.iter().enumerate().filter_map(granting).collect();
        if rules.is_empty() {
            return Err(Refused::NotGranted);
        }
        let found = tokio::net::lookup_host((host.as_str(), 0)).await.map_err(|_| Refused::Unresolved)?;
        let named =
            |address: SocketAddr| self.rules.iter().any(|rule| rule.scheme.is_none() && rule.covers(address.ip()));
        let found = self.public(found.collect(), named)?;
        let addresses: Vec<IpAddr> = found.iter().map(SocketAddr::ip).collect();
        let mut resolved = self.resolved();
        // An address that a rule names goes by that rule, port and all.
        for address in addresses.iter().filter(|address| !is_special(**address)) {
            if resolved.len() >= REMEMBERED && !resolved.contains_key(address) {
                break;
            }
            let granted = resolved.entry(*address).or_default();
            granted.extend(&rules);
            granted.sort_unstable();
            granted.dedup();
        }
        Ok(addresses)
    }

    /// Without the addresses that a name alone does not grant.
    fn public(
        &self,
        mut found: Vec<SocketAddr>,
        named: impl Fn(SocketAddr) -> bool,
    ) -> Result<Vec<SocketAddr>, Refused> {
        if found.is_empty() {
            return Err(Refused::Unresolved);
        }
        found.retain(|address| !is_special(address.ip()) || named(*address));
        if found.is_empty() { Err(Refused::Special) } else { Ok(found) }
    }
}

/// An address written out, with or without the brackets of a URL.
fn literal(host: &str) -> Option<IpAddr> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    inner.parse().ok()
}

fn no_rule(text: &str) -> Error {
    Error::new(
        Kind::Type,
        format!(
            "network: {text:?} is no rule: write a host (\"example.org\", \"*.example.org\", \"10.0.0.5\", \
             \"[fd00::1]\", \"10.0.0.0/8\"), with a port where only that is meant (\"example.org:443\"), with \
             \"https://\" before it where only such requests are; names that are not ASCII as \"xn--…\""
        ),
    )
}

fn no_listen_rule(text: &str) -> Error {
    Error::new(
        Kind::Type,
        format!("listen: {text:?} is no address to listen at: write one, with its port (\"127.0.0.1:8080\")"),
    )
}
