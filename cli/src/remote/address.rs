//! Which addresses may be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::http::Uri;

/// A host that the user allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    /// `example.org`, `example.org:8443`, `127.0.0.1:80`, `[::1]:80`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wanted = "write a host as it stands in the reference: example.org, or example.org:8443";
        if text.is_empty() || text.contains(['/', '@', '*', '?', '#', ' ']) {
            return Err(wanted.to_owned());
        }
        let uri: Uri = format!("http://{text}/").parse().map_err(|_| wanted.to_owned())?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(wanted)?;
        Ok(Self { name: host.to_ascii_lowercase(), port: uri.port_u16() })
    }
}

/// An address of http or https.
pub(super) fn parse(url: &str) -> Result<Uri, String> {
    let scheme = url.split(':').next().unwrap_or_default();
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err("only http and https are fetched".to_owned());
    }
    let uri: Uri = url.parse().map_err(|_| "it is not an address".to_owned())?;
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return Err("an address with a user name is not fetched".to_owned());
    }
    Ok(uri)
}

/// Refuses hosts that the user does not name. Without a port, a host is allowed at the usual one.
pub(super) fn permitted(uri: &Uri, allowed: &[Host]) -> Result<(), String> {
    let name = uri.host().unwrap_or_default().to_ascii_lowercase();
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    let port = uri.port_u16().unwrap_or(usual);
    if allowed.iter().any(|host| host.name == name && host.port.unwrap_or(usual) == port) {
        return Ok(());
    }
    let shown = if port == usual { name } else { format!("{name}:{port}") };
    Err(format!("the host is not allowed; `--allow-ref-host {shown}` allows it"))
}

/// Whether a name may lead to an IP address. Who allows an address or `localhost` means it; another name that leads to this
/// machine or to a link-local address is a trap.
pub(super) fn may_lead_to(host: &str, ip: IpAddr) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let v4 = |ip: Ipv4Addr| {
        ip.is_loopback()
            || ip.is_link_local()
            || ip.is_unspecified()
            || ip.is_multicast()
            || ip.is_broadcast()
            || ip.octets()[0] == 0
    };
    let trap = match ip {
        IpAddr::V4(ip) => v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4() {
            // `::1` and `::` read as addresses of version 4 too.
            Some(mapped) if ip.to_ipv4_mapped().is_some() => v4(mapped),
            _ => {
                const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
                let link_local = ip.segments()[0] & 0xffc0 == 0xfe80;
                ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || link_local || ip == AWS_METADATA
            }
        },
    };
    if host.eq_ignore_ascii_case("localhost") { ip.is_loopback() } else { !trap }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str], url: &str) -> bool {
        let hosts: Vec<Host> = hosts.iter().map(|host| Host::parse(host).expect("a host")).collect();
        parse(url).and_then(|uri| permitted(&uri, &hosts)).is_ok()
    }

    #[test]
    fn hosts_are_allowed_by_name_and_port() {
        assert!(allowed(&["example.org"], "https://EXAMPLE.org/a") && allowed(&["example.org"], "http://example.org:80/a"));
        assert!(allowed(&["example.org:8080"], "http://example.org:8080/") && allowed(&["[::1]:80"], "http://[::1]/a"));
        for url in [
            "https://example.org:8443/",
            "https://sub.example.org/",
            "https://example.org.evil.example/",
            "https://example.org@evil.example/",
            "https://evil.example/#example.org",
            "ftp://example.org/",
            "file:///etc/passwd",
        ] {
            assert!(!allowed(&["example.org"], url), "{url}");
        }
        for host in ["", "*", "https://example.org", "example.org/a", "a@b", "a b", "*.example.org"] {
            assert!(Host::parse(host).is_err(), "{host}");
        }
    }

    #[test]
    fn names_do_not_lead_to_this_machine() {
        let leads = |host: &str, ip: &str| may_lead_to(host, ip.parse().expect("an address"));
        assert!(
            leads("example.org", "93.184.215.14") && leads("intern.example", "10.1.2.3") && leads("a.example", "2606:4700::1")
        );
        assert!(leads("localhost", "127.0.0.1") && leads("localhost", "::1") && leads("127.0.0.1", "127.0.0.1"));
        let traps =
            ["127.0.0.1", "127.9.9.9", "169.254.169.254", "0.0.0.0", "::1", "::", "fe80::1", "::ffff:127.0.0.1", "fd00:ec2::254"];
        for ip in traps {
            assert!(!leads("example.org", ip), "{ip}");
        }
        assert!(!leads("localhost", "10.0.0.1"));
    }
}
