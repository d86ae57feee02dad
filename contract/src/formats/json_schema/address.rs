//! Addresses of schemas: URIs and paths of files, and one seen from another (RFC 3986, section 5).

/// The address of `reference` seen from `base`; both may be plain paths. The fragment is taken off.
///
/// `.` and `..` are taken out where that is possible, so that one file has one address.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    let reference = without_fragment(reference);
    let base = without_fragment(base);
    if reference.is_empty() {
        return base.to_owned();
    }
    if scheme(reference).is_some() {
        return reference.to_owned();
    }
    let Some(scheme) = scheme(base) else {
        return if reference.starts_with('/') { reference.to_owned() } else { merged(base, reference) };
    };
    let rest = base.get(scheme.len() + 1..).unwrap_or_default();
    let Some(rest) = rest.strip_prefix("//") else {
        // `urn:…` has no folders.
        return reference.to_owned();
    };
    if let Some(authority) = reference.strip_prefix("//") {
        return format!("{scheme}://{authority}");
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split('?').next().unwrap_or_default();
    let path = match reference.strip_prefix('/') {
        Some(absolute) => merged("", absolute),
        None => merged(path, reference),
    };
    format!("{scheme}://{authority}/{path}")
}

fn without_fragment(address: &str) -> &str {
    address.split('#').next().unwrap_or_default()
}

/// `https` in `https://…`, `urn` in `urn:…`.
fn scheme(address: &str) -> Option<&str> {
    let (scheme, _) = address.split_once(':')?;
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'-' | b'.');
    // A single letter is a drive of Windows.
    (scheme.len() > 1 && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.bytes().all(plain)).then_some(scheme)
}

/// The path of `reference` in the folder of `base`.
fn merged(base: &str, reference: &str) -> String {
    let mut parts: Vec<&str> = base.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// `%41` is `A`; what is no escape, or no UTF-8 afterwards, stays as it is.
pub(super) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        let digits = text.get(index + 1..index + 3).filter(|_| byte == b'%');
        match digits.and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(value) => {
                out.push(value);
                index += 3;
            }
            None => {
                out.push(byte);
                index += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn addresses_are_seen_from_each_other() {
        let cases = [
            ("", "a.json#/x", "a.json"),
            ("a/b.json", "c.json", "a/c.json"),
            ("a/b.json", "../c.json", "c.json"),
            ("b.json", "../c.json", "../c.json"),
            ("a/b.json", "", "a/b.json"),
            ("http://h:1/a/b.json", "c.json", "http://h:1/a/c.json"),
            ("http://h:1/a/b.json?q", "./x/../c.json#f", "http://h:1/a/c.json"),
            ("http://h", "c.json", "http://h/c.json"),
            ("http://h/a/b", "/c", "http://h/c"),
            ("http://h/a/b", "//g/c", "http://g/c"),
            ("http://h/a/b", "urn:x:y", "urn:x:y"),
            ("urn:x:y", "z", "z"),
            ("urn:x:y", "#z", "urn:x:y"),
        ];
        for (base, reference, wanted) in cases {
            assert_eq!(resolve(base, reference), wanted, "{base} + {reference}");
        }
    }
}
