//! The order in which Java's hash sets give their elements, for answers that must be equal to those of a Java program.

/// What `java.util.HashMap` takes as the hash of a text.
fn of_text(text: &str) -> u32 {
    spread(text.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit))))
}

fn spread(hash: u32) -> u32 {
    hash ^ (hash >> 16)
}

/// The buckets of a table that has grown to this many elements, from `least` on.
fn buckets(elements: usize, least: usize) -> u32 {
    let mut size = least.next_power_of_two().max(16);
    while elements * 4 > size * 3 {
        size *= 2;
    }
    u32::try_from(size).unwrap_or(1 << 31)
}

fn in_table<T>(mut items: Vec<T>, hash: impl Fn(&T) -> u32, least: usize) -> Vec<T> {
    let buckets = buckets(items.len(), least);
    items.sort_by_key(|item| hash(item) & (buckets - 1));
    items
}

/// The texts of a set that began empty, without doubles.
pub fn texts<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    in_table(unique(items), |text| of_text(text), 0)
}

/// The texts of a set that was made of one map's keys, and to which those of another were added.
pub(crate) fn texts_of_both<'a>(
    one: impl IntoIterator<Item = &'a str>,
    other: impl IntoIterator<Item = &'a str>,
) -> Vec<&'a str> {
    let first = texts(one);
    let least = first.len() * 4 / 3 + 1;
    in_table(unique(first.into_iter().chain(texts(other))), |text| of_text(text), least)
}

/// The same for numbers.
pub(crate) fn numbers_of_both(one: impl IntoIterator<Item = i32>, other: impl IntoIterator<Item = i32>) -> Vec<i32> {
    let hash = |number: &i32| spread(number.cast_unsigned());
    let first = in_table(unique(one), hash, 0);
    let least = first.len() * 4 / 3 + 1;
    in_table(unique(first.into_iter().chain(in_table(unique(other), hash, 0))), hash, least)
}

fn unique<T: std::hash::Hash + Eq + Clone>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = std::collections::HashSet::new();
    items.into_iter().filter(|item| seen.insert(item.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_come_in_order_and_what_shares_one_as_it_came() {
        // Hashes modulo 16: "l" 12, "k" 11, "kg" 12.
        assert_eq!(texts(["l", "k", "kg", "k"]), ["k", "l", "kg"]);
        assert_eq!(numbers_of_both([17, 2, 40], [1]), [17, 1, 2, 40]);
    }

    #[test]
    fn a_table_grows_when_it_is_three_quarters_full() {
        assert_eq!(buckets(12, 0), 16);
        assert_eq!(buckets(13, 0), 32);
        assert_eq!(buckets(1, 17), 32);
    }
}
