//! What is said about rules that clients run: whether a set of them is valid, and what two of them make together.

use std::collections::HashSet;

use eventpact_registry_client::wire::{ExecutionEnvironment, Rule, RuleKind, RuleMode, RuleSet};

use crate::error::ApiError;

/// The longest name of a rule, in characters.
const MAX_NAME: usize = 256;

/// What a server does with rules in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rulesets {
    /// Takes and forgets them, as Confluent's community server does.
    #[default]
    Drop,
    /// Checks, stores, merges and returns them.
    Store,
}

impl std::str::FromStr for Rulesets {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "drop" => Ok(Self::Drop),
            "store" => Ok(Self::Store),
            _ => Err(format!("'{text}' is neither drop nor store")),
        }
    }
}

/// Takes the rules of a request in: checked, or forgotten. A word that no server knows is refused in any case.
pub(crate) fn admit(rules: Option<RuleSet>, how: Rulesets) -> Result<Option<RuleSet>, ApiError> {
    let Some(rules) = rules else { return Ok(None) };
    if let Some(word) = unknown_word(&rules) {
        return Err(ApiError::bad_request(format!("'{word}' is no kind, mode or place of rules")));
    }
    if how == Rulesets::Drop {
        return Ok(None);
    }
    check(&rules).map_err(ApiError::invalid_rules)?;
    Ok(Some(rules))
}

fn unknown_word(rules: &RuleSet) -> Option<&str> {
    if let Some(ExecutionEnvironment::Other(word)) = &rules.enable_at {
        return Some(word);
    }
    rules.rules().find_map(|rule| match (&rule.kind, &rule.mode) {
        (RuleKind::Other(word), _) | (_, RuleMode::Other(word)) => Some(word.as_str()),
        _ => None,
    })
}

/// Names must be unique and simple, types given, and modes must be those of the phase.
fn check(rules: &RuleSet) -> Result<(), String> {
    let mut names = HashSet::new();
    let migration = |mode: &RuleMode| matches!(mode, RuleMode::Upgrade | RuleMode::Downgrade | RuleMode::UpDown);
    let phases = [
        (&rules.migration_rules, true, "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN"),
        (&rules.domain_rules, false, "Domain rules can only be WRITE, READ, WRITEREAD"),
        (&rules.encoding_rules, false, "Encoding rules can only be WRITE, READ, WRITEREAD"),
    ];
    for (list, migrates, wrong_mode) in phases {
        for rule in list {
            let name = rule.name.as_deref().ok_or("Missing rule name")?;
            if !names.insert(name) {
                return Err(format!("Found rule with duplicate name '{name}'"));
            }
            check_rule(rule, name)?;
            if migration(&rule.mode) != migrates {
                return Err(wrong_mode.to_owned());
            }
        }
    }
    Ok(())
}

fn check_rule(rule: &Rule, name: &str) -> Result<(), String> {
    let first = name.chars().next().ok_or("Empty rule name")?;
    if name.chars().count() > MAX_NAME {
        return Err("Rule name too long".to_owned());
    }
    if !(first.is_alphabetic() || first == '_') {
        return Err(format!("Illegal initial character in rule name: {name}"));
    }
    if !name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Err(format!("Illegal character in rule name: {name}"));
    }
    if rule.rule_type.is_none() {
        return Err("Missing rule type".to_owned());
    }
    let two_ways = matches!(rule.mode, RuleMode::WriteRead | RuleMode::UpDown);
    let pair = |action: &Option<String>| action.as_deref().is_some_and(|action| action.contains(','));
    if !two_ways && (pair(&rule.on_success) || pair(&rule.on_failure)) {
        return Err("Multiple actions only valid with WRITEREAD and UPDOWN".to_owned());
    }
    Ok(())
}

/// The rules of both; of two with one name in a phase, the one of `over` stays.
pub(crate) fn merge(under: RuleSet, over: RuleSet) -> RuleSet {
    let both = |under: Vec<Rule>, over: Vec<Rule>| {
        let replaced = |rule: &Rule| over.iter().any(|other| other.name == rule.name);
        under.into_iter().filter(|rule| !replaced(rule)).chain(over.iter().cloned()).collect()
    };
    RuleSet {
        migration_rules: both(under.migration_rules, over.migration_rules),
        domain_rules: both(under.domain_rules, over.domain_rules),
        encoding_rules: both(under.encoding_rules, over.encoding_rules),
        enable_at: over.enable_at.or(under.enable_at),
    }
}

/// The rules without those of these names.
pub(crate) fn without(mut rules: RuleSet, names: &[String]) -> RuleSet {
    let stays = |rule: &Rule| !rule.name.as_ref().is_some_and(|name| names.contains(name));
    for list in [&mut rules.migration_rules, &mut rules.domain_rules, &mut rules.encoding_rules] {
        list.retain(stays);
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> RuleSet {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_wrong_with_a_set_is_said() {
        let cases = [
            (r#"{"domainRules":[{"name":"a","type":"CEL"}]}"#, ""),
            (r#"{"domainRules":[{"type":"CEL"}]}"#, "Missing rule name"),
            (r#"{"domainRules":[{"name":"a"}]}"#, "Missing rule type"),
            (r#"{"domainRules":[{"name":"1a","type":"CEL"}]}"#, "Illegal initial character in rule name: 1a"),
            (r#"{"domainRules":[{"name":"a b","type":"CEL"}]}"#, "Illegal character in rule name: a b"),
            (
                r#"{"domainRules":[{"name":"a","type":"CEL"}],"encodingRules":[{"name":"a","type":"X"}]}"#,
                "Found rule with duplicate name 'a'",
            ),
            (r#"{"migrationRules":[{"name":"a","type":"CEL"}]}"#, "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN"),
            (
                r#"{"domainRules":[{"name":"a","type":"CEL","mode":"READ","onFailure":"NONE,ERROR"}]}"#,
                "Multiple actions only valid with WRITEREAD and UPDOWN",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(check(&rules(text)).err().unwrap_or_default(), expected, "{text}");
        }
    }

    #[test]
    fn dropped_rules_are_not_checked_but_read() {
        let bad = rules(r#"{"domainRules":[{"name":"1a"}]}"#);
        assert_eq!(admit(Some(bad.clone()), Rulesets::Drop).unwrap(), None);
        assert_eq!(admit(Some(bad), Rulesets::Store).unwrap_err().code, 42210);
        let unreadable = rules(r#"{"domainRules":[{"name":"a","kind":"MAGIC"}]}"#);
        assert_eq!(admit(Some(unreadable), Rulesets::Drop).unwrap_err().status, 400);
        let nowhere = rules(r#"{"enableAt":"MOON"}"#);
        assert_eq!(admit(Some(nowhere), Rulesets::Drop).unwrap_err().status, 400);
    }

    #[test]
    fn of_two_rules_with_one_name_the_later_stays() {
        let under = rules(r#"{"domainRules":[{"name":"a","type":"1"},{"name":"b","type":"1"}],"enableAt":"ALL"}"#);
        let over = rules(r#"{"domainRules":[{"name":"a","type":"2"}]}"#);
        let both = merge(under, over);
        let names: Vec<_> = both.rules().map(|r| (r.name.as_deref().unwrap(), r.rule_type.as_deref().unwrap())).collect();
        assert_eq!(names, [("b", "1"), ("a", "2")]);
        assert_eq!(both.enable_at, Some(ExecutionEnvironment::All));
        assert_eq!(without(both, &["b".to_owned()]).rules().count(), 1);
    }
}
