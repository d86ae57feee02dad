//! Mistakes of the kinds that people make, put into good files at random.

use super::generate::{Random, file};

/// What a word becomes.
const WORDS: [&str; 13] =
    ["optional", "repeated", "required", "group", "string", "oneof", "reserved", "Missing", "int32", "true", "map", "old", "A.B"];
/// What a number becomes.
const NUMBERS: [&str; 8] = ["0", "19000", "536870912", "2147483648", "-1", "1", "100", "3"];

/// The file of a seed with one or two mistakes.
pub(crate) fn broken(seed: u64) -> String {
    let mut random = Random::new(seed ^ 0x5555);
    let mut words = split(&file(seed));
    for _ in 0..=random.below(2) {
        let at = random.below(words.len());
        let is_number = |n: &usize| words[*n].parse::<u32>().is_ok();
        let numbers: Vec<usize> = (0..words.len()).filter(is_number).collect();
        let others: Vec<usize> = (0..words.len()).filter(|n| words[*n].starts_with(|c: char| c.is_ascii_alphabetic())).collect();
        let (number, other) = (*random.pick(&numbers), *random.pick(&others));
        let (place, text) = match random.below(8) {
            0 => (at, String::new()),
            1 | 2 => (number, (*random.pick(&NUMBERS)).to_owned()),
            3 => (other, words[*random.pick(&others)].clone()),
            4 => (number, words[*random.pick(&numbers)].clone()),
            5 => (other, (*random.pick(&WORDS)).to_owned()),
            6 => (at, words[at].repeat(2)),
            _ => (other, words[other].to_uppercase()),
        };
        words[place] = text;
    }
    words.concat()
}

/// Words, numbers and signs, with what stands between them.
fn split(text: &str) -> Vec<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let mut words: Vec<String> = Vec::new();
    for c in text.chars() {
        match words.last_mut() {
            Some(last) if word(c) && last.chars().last().is_some_and(word) => last.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}
