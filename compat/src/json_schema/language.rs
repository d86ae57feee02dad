//! Regular expressions as sets of texts: a text that matches some of them and not others, or the proof that there is none.
//!
//! The automata of `regex-automata` are walked side by side, byte by byte, in the order of length; so what is found is as short as
//! it can be. Patterns that are more than regular (look-around, back references) have no automaton, and nothing is said of them.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use eventpact_contract::deadline;
use regex_automata::Input;
use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, Config, DFA};
use regex_automata::nfa::thompson;

/// States that one walk may visit.
const MAX_STATES: usize = 6_000;
/// Bytes of one automaton, and of the states that are kept for it.
const MAX_BYTES: usize = 1 << 20;
/// Steps of all walks of a comparison together.
const MAX_STEPS: usize = 1_500_000;

/// What a walk costs before its first step, in steps: it lays out the automata and their alphabet.
const STEPS_TO_BEGIN: usize = 20;

/// Texts that are held against a pattern, of this many bytes each, of all patterns of a comparison together.
const MAX_MATCHES: usize = 5_000_000;
const BYTES_OF_A_MATCH: usize = 32;
/// Bytes of the states that an automaton keeps from one text to the next: there may be thousands of automata.
const MAX_KEPT: usize = 1 << 15;

/// Values that are held against a schema by what uses these languages.
const MAX_EVALUATIONS: usize = 1_500_000;

/// What a walk came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Walked {
    /// This text, one of the shortest.
    Found(String),
    /// No text does.
    Nothing,
    /// It is not known.
    Open,
}

/// Which text is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted<'p> {
    /// Patterns that match it.
    pub(super) all: &'p [&'p str],
    /// Patterns that do not.
    pub(super) none: &'p [&'p str],
    /// The least number of characters.
    pub(super) least: usize,
    /// The most.
    pub(super) most: Option<usize>,
}

/// The patterns of a comparison, each compiled once.
#[derive(Default)]
pub(super) struct Languages {
    kept: RefCell<HashMap<String, Option<Rc<Automaton>>>>,
    steps: Cell<usize>,
    matches: Cell<usize>,
    evaluations: Cell<usize>,
}

/// An automaton with the states that texts have led to: built once, each further text is quick.
struct Automaton {
    dfa: Rc<DFA>,
    cache: RefCell<Cache>,
}

impl Languages {
    fn automaton(&self, pattern: &str) -> Option<Rc<Automaton>> {
        if let Some(kept) = self.kept.borrow().get(pattern) {
            return kept.clone();
        }
        let automaton = |dfa: DFA| Rc::new(Automaton { cache: RefCell::new(dfa.create_cache()), dfa: Rc::new(dfa) });
        let built = build(pattern).map(automaton);
        self.kept.borrow_mut().insert(pattern.to_owned(), built.clone());
        built
    }

    /// Counts so many more evaluations of a schema; `false` when no more are left.
    pub(super) fn may_evaluate(&self, count: usize) -> bool {
        self.evaluations.set(self.evaluations.get().saturating_add(count));
        self.evaluations.get() < MAX_EVALUATIONS && !deadline::is_over()
    }

    /// The pattern matches somewhere in the text; `None` when that cannot be said.
    pub(super) fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let asked = self.matches.get().saturating_add(1 + text.len() / BYTES_OF_A_MATCH);
        self.matches.set(asked);
        if asked > MAX_MATCHES || deadline::is_over() {
            return None;
        }
        let automaton = self.automaton(pattern)?;
        let (dfa, mut cache) = (&automaton.dfa, automaton.cache.borrow_mut());
        if cache.memory_usage() > MAX_KEPT {
            cache.reset(dfa);
        }
        let mut track = Track::start(dfa, &mut cache)?;
        for byte in text.bytes() {
            track = track.step(dfa, &mut cache, byte)?;
        }
        track.ends(dfa, &mut cache)
    }

    /// Two patterns start with different letters, so no text matches both: what can be seen without a walk.
    pub(super) fn are_apart(&self, one: &str, other: &str) -> bool {
        self.steps.set(self.steps.get().saturating_add(1));
        match (first_letters(one), first_letters(other)) {
            (Some(one), Some(other)) => !one.starts_with(other) && !other.starts_with(one),
            _ => false,
        }
    }

    /// A text as it is wanted.
    pub(super) fn find(&self, wanted: Wanted<'_>) -> Walked {
        if wanted.most.is_some_and(|most| most < wanted.least) {
            return Walked::Nothing;
        }
        if deadline::is_over() {
            return Walked::Open;
        }
        let Some(steps) = MAX_STEPS.checked_sub(self.steps.get() + STEPS_TO_BEGIN) else { return Walked::Open };
        let patterns = wanted.all.iter().chain(wanted.none);
        let automata = patterns.map(|p| Some(self.automaton(p)?.dfa.clone())).collect::<Option<Vec<_>>>();
        let Some(automata) = automata else { return Walked::Open };
        let caches = automata.iter().map(|a| a.create_cache()).collect();
        let mut walk = Walk { alphabet: alphabet(&automata), automata, caches, wanted, steps };
        let found = walk.run().unwrap_or(Walked::Open);
        self.steps.set(MAX_STEPS.saturating_sub(walk.steps));
        found
    }
}

/// The letters and digits that each text begins with that a pattern matches; `None` when that is not plain to see.
fn first_letters(pattern: &str) -> Option<&str> {
    let rest = pattern.strip_prefix('^')?;
    let plain = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    // What follows may say that the last letter need not be there, and an alternative starts anew.
    let optional = rest.get(plain..)?.starts_with(['?', '*', '{']);
    if pattern.contains('|') {
        return None;
    }
    rest.get(..plain.saturating_sub(usize::from(optional)))
}

fn build(pattern: &str) -> Option<DFA> {
    let translated = jsonschema_regex::to_rust_regex(pattern).ok()?;
    // Without clearing, the numbers of states stay what they are.
    let config = Config::new().cache_capacity(MAX_BYTES).minimum_cache_clear_count(Some(0)).skip_cache_capacity_check(true);
    let limit = thompson::Config::new().nfa_size_limit(Some(MAX_BYTES));
    DFA::builder().configure(config).thompson(limit).build(&translated).ok()
}

/// Where one automaton is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Track {
    At(LazyStateID),
    /// It has matched, whatever follows.
    Matched,
    /// It will not match any more.
    Dead,
}

impl Track {
    fn start(dfa: &DFA, cache: &mut Cache) -> Option<Self> {
        let state = dfa.start_state_forward(cache, &Input::new("")).ok()?;
        Self::of(state)
    }

    fn of(state: LazyStateID) -> Option<Self> {
        if state.is_quit() {
            return None;
        }
        Some(if state.is_match() {
            Self::Matched
        } else if state.is_dead() {
            Self::Dead
        } else {
            Self::At(state)
        })
    }

    fn step(self, dfa: &DFA, cache: &mut Cache, byte: u8) -> Option<Self> {
        match self {
            Self::At(state) => Self::of(dfa.next_state(cache, state, byte).ok()?),
            done => Some(done),
        }
    }

    /// Whether it matches when the text ends here.
    fn ends(self, dfa: &DFA, cache: &mut Cache) -> Option<bool> {
        match self {
            Self::At(state) => Some(dfa.next_eoi_state(cache, state).ok()?.is_match()),
            Self::Matched => Some(true),
            Self::Dead => Some(false),
        }
    }
}

/// One byte of each kind that some automaton or UTF-8 tells apart, the plain ones first.
fn alphabet(automata: &[Rc<DFA>]) -> Vec<u8> {
    let plain = |byte: &u8| match byte {
        b'a'..=b'z' => 0,
        b'0'..=b'9' => 1,
        b'A'..=b'Z' => 2,
        b' '..=b'~' => 3,
        0x80.. => 4,
        _ => 5,
    };
    let mut bytes: Vec<u8> = (0..=255).collect();
    bytes.sort_by_key(plain);
    // The bytes of one kind have one number: split by what UTF-8 tells apart, then by each automaton.
    let mut kinds: [u8; 256] = std::array::from_fn(|byte| utf8_class(u8::try_from(byte).unwrap_or(u8::MAX)));
    let mut numbers: HashMap<(u8, u8), u8> = HashMap::with_capacity(256);
    for automaton in automata {
        numbers.clear();
        for (byte, kind) in (0..=u8::MAX).zip(&mut kinds) {
            // There are no more kinds than bytes.
            let next = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
            *kind = *numbers.entry((*kind, automaton.byte_classes().get(byte))).or_insert(next);
        }
    }
    let mut seen = [false; 256];
    bytes.retain(|byte| {
        let kind = kinds.get(usize::from(*byte)).copied().unwrap_or_default();
        seen.get_mut(usize::from(kind)).is_some_and(|seen| !std::mem::replace(seen, true))
    });
    bytes
}

fn utf8_class(byte: u8) -> u8 {
    match byte {
        0..=0x7f => 0,
        0x80..=0x8f => 1,
        0x90..=0x9f => 2,
        0xa0..=0xbf => 3,
        0xc2..=0xdf => 4,
        0xe0 => 5,
        0xed => 6,
        0xe1..=0xef => 7,
        0xf0 => 8,
        0xf1..=0xf3 => 9,
        0xf4 => 10,
        0xc0 | 0xc1 | 0xf5.. => 11,
    }
}

/// What the next byte of a character may be: how many are missing, and from where to where the next one goes.
type Partial = (u8, u8, u8);

/// Between two characters.
const BETWEEN: Partial = (0, 0, 0);

fn utf8_step(partial: Partial, byte: u8) -> Option<Partial> {
    match partial {
        (0, ..) => Some(match byte {
            0..=0x7f => BETWEEN,
            0xc2..=0xdf => (1, 0x80, 0xbf),
            0xe0 => (2, 0xa0, 0xbf),
            0xed => (2, 0x80, 0x9f),
            0xe1..=0xef => (2, 0x80, 0xbf),
            0xf0 => (3, 0x90, 0xbf),
            0xf1..=0xf3 => (3, 0x80, 0xbf),
            0xf4 => (3, 0x80, 0x8f),
            _ => return None,
        }),
        (missing, from, to) if (from..=to).contains(&byte) => {
            Some(if missing == 1 { BETWEEN } else { (missing - 1, 0x80, 0xbf) })
        }
        _ => None,
    }
}

/// The state of a walk: each automaton, the character that is under way, and how many are complete.
type State = (Vec<Track>, Partial, usize);

struct Walk<'p> {
    automata: Vec<Rc<DFA>>,
    caches: Vec<Cache>,
    alphabet: Vec<u8>,
    wanted: Wanted<'p>,
    steps: usize,
}

impl Walk<'_> {
    fn run(&mut self) -> Option<Walked> {
        let tracks = self.automata.iter().zip(&mut self.caches).map(|(a, c)| Track::start(a, c));
        let first: State = (tracks.collect::<Option<_>>()?, BETWEEN, 0);
        let mut seen: HashSet<State> = HashSet::from([first.clone()]);
        // Each with the index of the one before it, and the byte between.
        let mut visited: Vec<(State, usize, u8)> = vec![(first, 0, 0)];
        let mut open: VecDeque<usize> = VecDeque::from([0]);
        while let Some(index) = open.pop_front() {
            let state = visited.get(index)?.0.clone();
            if self.is_wanted(&state)? {
                return Some(Walked::Found(spelled(&visited, index)?));
            }
            if deadline::is_over() {
                return None;
            }
            for n in 0..self.alphabet.len() {
                self.steps = self.steps.checked_sub(1)?;
                let byte = *self.alphabet.get(n)?;
                let Some(next) = self.next(&state, byte)? else { continue };
                if seen.len() >= MAX_STATES {
                    return None;
                }
                if seen.insert(next.clone()) {
                    open.push_back(visited.len());
                    visited.push((next, index, byte));
                }
            }
        }
        Some(Walked::Nothing)
    }

    /// The state behind a byte, unless nothing that is wanted lies behind it.
    #[allow(clippy::option_option)] // the outer one: the automaton gave up
    fn next(&mut self, state: &State, byte: u8) -> Option<Option<State>> {
        let Some(partial) = utf8_step(state.1, byte) else { return Some(None) };
        let count = state.2 + usize::from(partial == BETWEEN);
        if self.wanted.most.is_some_and(|most| count > most) {
            return Some(None);
        }
        let mut tracks = Vec::with_capacity(state.0.len());
        for ((track, automaton), cache) in state.0.iter().zip(&self.automata).zip(&mut self.caches) {
            tracks.push(track.step(automaton, cache, byte)?);
        }
        let positive = self.wanted.all.len();
        let lost = tracks.iter().enumerate().any(|(n, t)| *t == if n < positive { Track::Dead } else { Track::Matched });
        // Beyond both limits the number says nothing any more.
        let far = self.wanted.most.map_or(self.wanted.least, |most| most + 1);
        Some((!lost).then_some((tracks, partial, count.min(far))))
    }

    fn is_wanted(&mut self, state: &State) -> Option<bool> {
        if state.1 != BETWEEN || state.2 < self.wanted.least {
            return Some(false);
        }
        for (n, track) in state.0.iter().enumerate() {
            let ends = track.ends(self.automata.get(n)?, self.caches.get_mut(n)?)?;
            if ends != (n < self.wanted.all.len()) {
                return Some(false);
            }
        }
        Some(true)
    }
}

fn spelled(visited: &[(State, usize, u8)], mut index: usize) -> Option<String> {
    let mut bytes = Vec::new();
    while index != 0 {
        let (_, before, byte) = visited.get(index)?;
        bytes.push(*byte);
        index = *before;
    }
    bytes.reverse();
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(all: &[&str], none: &[&str]) -> Walked {
        Languages::default().find(Wanted { all, none, ..Wanted::default() })
    }

    #[test]
    fn a_text_between_two_patterns_is_found_or_proved_absent() {
        assert_eq!(find(&["^[a-z]+$"], &["^[a-z]{1,3}$"]), Walked::Found("aaaa".to_owned()));
        assert_eq!(find(&["^[a-f]{2}$"], &["^[a-z]+$"]), Walked::Nothing);
        assert_eq!(find(&["b"], &["^a"]), Walked::Found("b".to_owned()));
        assert_eq!(find(&["^\\d+$"], &["^[0-9]+$"]), Walked::Nothing);
        assert_eq!(find(&["^.$"], &["^[\\u0000-\\uffff]$"]), Walked::Found("\u{10000}".to_owned()));
        assert_eq!(find(&["(?=a)b"], &[]), Walked::Open);
    }

    #[test]
    fn lengths_count_characters() {
        let languages = Languages::default();
        let wanted = |least, most| Wanted { all: &["^(ab)*$"], least, most, ..Wanted::default() };
        assert_eq!(languages.find(wanted(3, Some(5))), Walked::Found("abab".to_owned()));
        assert_eq!(languages.find(wanted(3, Some(3))), Walked::Nothing);
        assert_eq!(languages.matches("^é.$", "éa"), Some(true));
    }

    #[test]
    fn patterns_that_start_differently_are_apart() {
        let apart = |one, other| Languages::default().are_apart(one, other);
        assert!(apart("^ab[a-z]", "^ac"));
        for (one, other) in [("^ab", "^a"), ("^ab?", "^ac"), ("^a{2}", "^b{0}a"), ("^ab|c", "^d"), ("ab", "^b"), ("^[a]", "^b")] {
            assert!(!apart(one, other), "{one} {other}");
        }
    }

    #[test]
    fn explosive_patterns_end() {
        assert_eq!(find(&["^(a|b)*a(a|b){40}$"], &["^(a|b)*b(a|b){39}$"]), Walked::Open);
        assert_eq!(find(&["(a{1000}){1000}"], &[]), Walked::Open);
    }
}
