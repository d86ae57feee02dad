//! Limits of what strangers may take: requests in time, bytes of bodies at once, connections.

mod body;
mod connections;
mod guarded;
mod rate;

use std::net::{IpAddr, Ipv6Addr};

pub(crate) use body::{BODY_TIME, BodyBudget, Held, MAX_BODY};
pub(crate) use connections::{Connection, Connections, HEAD_TIME, IDLE_TIME, InFlight, Listed};
pub(crate) use guarded::Guarded;
pub use rate::Rate;
pub(crate) use rate::{Buckets, TooFast};

/// How much is let through. Without anything set, requests are not counted, only failed logins.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// All requests of one address (an IPv6 network of 64 bits counts as one).
    pub address: Option<Rate>,
    /// Requests of one address that change something.
    pub address_writes: Option<Rate>,
    /// All requests of one principal.
    pub principal: Option<Rate>,
    /// Requests of one principal that change something.
    pub principal_writes: Option<Rate>,
    /// Failed logins of one address.
    pub failed_logins: Rate,
    /// Connections at a time. When there are as many, those that wait for a request longest are closed.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address: None,
            address_writes: None,
            principal: None,
            principal_writes: None,
            failed_logins: Rate { per_second: 1.0, burst: 20 },
            connections: 10_000,
        }
    }
}

/// The counters behind [`Limits`].
pub(crate) struct Counters {
    address: Option<Buckets<IpAddr>>,
    address_writes: Option<Buckets<IpAddr>>,
    principal: Option<Buckets<String>>,
    principal_writes: Option<Buckets<String>>,
}

impl Counters {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            address: limits.address.map(Buckets::new),
            address_writes: limits.address_writes.map(Buckets::new),
            principal: limits.principal.map(Buckets::new),
            principal_writes: limits.principal_writes.map(Buckets::new),
        }
    }

    /// Counts a request of an address.
    pub(crate) fn address(&self, address: IpAddr, writes: bool) -> Result<(), TooFast> {
        let take = |buckets: &Option<Buckets<IpAddr>>| buckets.as_ref().map_or(Ok(()), |b| b.take(&network(address)));
        take(&self.address)?;
        if writes { take(&self.address_writes) } else { Ok(()) }
    }

    /// Counts a request of a principal; nobody is counted by their address alone.
    pub(crate) fn principal(&self, name: &str, writes: bool) -> Result<(), TooFast> {
        if name.is_empty() || (self.principal.is_none() && self.principal_writes.is_none()) {
            return Ok(());
        }
        let name = name.to_owned();
        let take = |buckets: &Option<Buckets<String>>| buckets.as_ref().map_or(Ok(()), |b| b.take(&name));
        take(&self.principal)?;
        if writes { take(&self.principal_writes) } else { Ok(()) }
    }
}

/// Whoever has one IPv6 address has its network too.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}
