//! Formats that drafts before 2019-09 do not have and that tools for AsyncAPI assert all the same.

/// A name and its check.
type Format = (&'static str, fn(&str) -> bool);

/// The formats.
pub(super) const MORE: [Format; 3] = [("uuid", is_uuid), ("duration", is_duration), ("byte", is_base64)];

fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `P1Y2M3DT4H5M6S` with at least one part, or `P2W`.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(date, time)| (date, Some(time)));
    if time == Some("") || (date.is_empty() && time.is_none()) {
        return false;
    }
    let parts = |mut rest: &str, units: &str| {
        for unit in units.chars() {
            if let Some((digits, behind)) = rest.split_once(unit) {
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return false;
                }
                rest = behind;
            }
        }
        rest.is_empty()
    };
    (time.is_none() && parts(date, "W")) || (parts(date, "YMD") && time.is_none_or(|time| parts(time, "HMS")))
}

fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    plain && padding <= 2 && body.len() % 4 != 1 && text.len().is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert!(is_uuid("123e4567-e89b-12d3-a456-426614174000") && !is_uuid("123e4567-e89b-12d3-a456-42661417400"));
        for good in ["P1Y2M3DT4H5M6S", "PT5M", "P1D", "P2W", "P1YT1S"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["P", "PT", "P1", "1D", "P1S", "PT1D", "P1D2Y", "PD", "P1W2D"] {
            assert!(!is_duration(bad), "{bad}");
        }
        assert!(is_base64("aGk=") && is_base64("") && !is_base64("aGk") && !is_base64("a-k=") && !is_base64("===="));
    }
}
