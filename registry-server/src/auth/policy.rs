//! The rules: who may do what to which subjects. Without a rule everybody who was let in may do everything; with one, only what a
//! rule allows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::caller::{Caller, Principal};
use super::pattern::SubjectPattern;

/// What can be done to a subject, a context or the whole registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// See schemas, settings and verdicts.
    Read,
    /// Register schemas.
    Write,
    /// Delete versions, subjects and contexts.
    Delete,
    /// Change configuration.
    Config,
    /// Change modes.
    Mode,
    /// See and do what concerns the registry as a whole: its audit log, copies of its contents.
    Admin,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 6] = [Self::Read, Self::Write, Self::Delete, Self::Config, Self::Mode, Self::Admin];

    /// The word in a rule.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Config => "config",
            Self::Mode => "mode",
            Self::Admin => "admin",
        }
    }
}

/// One rule, as it is written: everyone in `who` may do what `allow` names to what `subjects` names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Names of principals (`alice`, or `user:alice`), `role:NAME`, `*` for everyone who was authenticated, `anonymous` for who
    /// was not.
    pub who: Vec<String>,
    /// Patterns of subjects, anchored, `*` for any text: `orders-*`, `:.eu:*`, `:*:*`.
    pub subjects: Vec<String>,
    /// Verbs; `all` for every one.
    pub allow: Vec<String>,
}

/// All rules, ready to be asked.
#[derive(Default)]
pub(crate) struct Policy {
    rules: Vec<Ready>,
    /// Principal → roles.
    roles: BTreeMap<String, BTreeSet<String>>,
}

struct Ready {
    who: Vec<Who>,
    grants: Vec<Grant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    User(String),
    Role(String),
    Everyone,
    Anonymous,
}

/// Some verbs on some subjects.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) pattern: SubjectPattern,
    pub(super) verbs: BTreeSet<Verb>,
}

impl Policy {
    /// Reads rules, and which principals have which roles (role → principals).
    pub(crate) fn new(rules: &[Rule], roles: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let mut by_principal: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (role, members) in roles {
            for member in members {
                by_principal.entry(member.clone()).or_default().insert(role.clone());
            }
        }
        let ready =
            rules.iter().enumerate().map(|(index, rule)| Ready::new(rule).map_err(|why| format!("rule {}: {why}", index + 1)));
        Ok(Self { rules: ready.collect::<Result<_, _>>()?, roles: by_principal })
    }

    /// Is there any rule?
    pub(crate) fn is_restricting(&self) -> bool {
        !self.rules.is_empty()
    }

    /// May somebody come in without credentials, where there are ways to authenticate?
    pub(crate) fn admits_anonymous(&self) -> bool {
        self.rules.iter().any(|rule| rule.who.contains(&Who::Anonymous))
    }

    /// What a principal may do.
    pub(crate) fn caller(&self, mut principal: Principal) -> Caller {
        if let Some(roles) = self.roles.get(&principal.name).filter(|_| !principal.is_anonymous()) {
            principal.roles.extend(roles.iter().cloned());
        }
        let grants = self.is_restricting().then(|| {
            let holding = self.rules.iter().filter(|rule| rule.who.iter().any(|who| who.is(&principal)));
            holding.flat_map(|rule| rule.grants.iter().cloned()).collect()
        });
        Caller::new(Arc::new(principal), grants)
    }
}

impl Who {
    fn parse(text: &str) -> Result<Self, String> {
        match (text, text.split_once(':')) {
            ("*", _) => Ok(Self::Everyone),
            ("anonymous", _) => Ok(Self::Anonymous),
            (_, Some(("role", name))) if !name.is_empty() => Ok(Self::Role(name.to_owned())),
            (_, Some(("user", name))) if !name.is_empty() => Ok(Self::User(name.to_owned())),
            ("" | "role:" | "user:", _) => Err("a name in 'who' is empty".to_owned()),
            (name, _) => Ok(Self::User(name.to_owned())),
        }
    }

    fn is(&self, principal: &Principal) -> bool {
        match self {
            Self::Anonymous => principal.is_anonymous(),
            _ if principal.is_anonymous() => false,
            Self::Everyone => true,
            Self::User(name) => *name == principal.name,
            Self::Role(role) => principal.roles.contains(role),
        }
    }
}

impl Ready {
    fn new(rule: &Rule) -> Result<Self, String> {
        for (what, list) in [("who", &rule.who), ("subjects", &rule.subjects), ("allow", &rule.allow)] {
            if list.is_empty() {
                return Err(format!("'{what}' is missing or empty"));
            }
        }
        let mut verbs = BTreeSet::new();
        for word in &rule.allow {
            match Verb::ALL.into_iter().find(|verb| verb.as_str() == word) {
                Some(verb) => drop(verbs.insert(verb)),
                None if word == "all" => verbs.extend(Verb::ALL),
                None => {
                    return Err(format!("'{word}' in 'allow' is none of read, write, delete, config, mode, admin, all"));
                }
            }
        }
        let patterns = rule.subjects.iter().map(|text| SubjectPattern::parse(text)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            who: rule.who.iter().map(|text| Who::parse(text)).collect::<Result<_, _>>()?,
            grants: patterns.into_iter().map(|pattern| Grant { pattern, verbs: verbs.clone() }).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::caller::Method;
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    fn rule(who: &str, subjects: &str, allow: &str) -> Rule {
        Rule { who: words(who), subjects: words(subjects), allow: words(allow) }
    }

    fn caller(policy: &Policy, name: &str) -> Caller {
        policy.caller(Principal::new(name, Method::Basic))
    }

    #[test]
    fn without_a_rule_everything_is_allowed_and_with_one_nothing_else() {
        let open = Policy::default();
        assert!(caller(&open, "eve").may(Verb::Delete, ".", "x"));
        let one = Policy::new(&[rule("alice", "orders-*", "read")], &BTreeMap::new()).unwrap();
        assert!(caller(&one, "alice").may(Verb::Read, ".", "orders-1"));
        assert!(!caller(&one, "alice").may(Verb::Write, ".", "orders-1"));
        assert!(!caller(&one, "alice").may(Verb::Read, ".eu", "orders-1"));
        assert!(!caller(&one, "eve").may(Verb::Read, ".", "orders-1"));
        assert!(!one.caller(Principal::anonymous()).may(Verb::Read, ".", "orders-1"));
    }

    #[test]
    fn names_cannot_pose_as_something_else() {
        let rules = [rule("anonymous", "public", "read"), rule("*", "inside", "read"), rule("role:admin", ":*:*", "all")];
        let policy = Policy::new(&rules, &BTreeMap::from([("admin".to_owned(), vec!["root".to_owned()])])).unwrap();
        assert!(policy.caller(Principal::anonymous()).may(Verb::Read, ".", "public"));
        assert!(!policy.caller(Principal::anonymous()).may(Verb::Read, ".", "inside"));
        for name in ["anonymous", "*", "role:admin", "admin"] {
            assert!(!caller(&policy, name).may(Verb::Read, ".", "public"), "{name}");
            assert!(caller(&policy, name).may(Verb::Read, ".", "inside"), "{name}");
        }
        assert!(caller(&policy, "root").may(Verb::Admin, ".__GLOBAL", ""));
    }

    #[test]
    fn a_rule_that_says_too_little_or_too_much_is_refused() {
        for bad in [
            rule("alice", "x", "reed"),
            rule("alice", ":eu:x", "read"),
            rule("role:", "x", "read"),
            Rule { who: words("a"), ..Rule::default() },
            Rule { who: words("a"), subjects: words("x"), ..Rule::default() },
        ] {
            assert!(Policy::new(std::slice::from_ref(&bad), &BTreeMap::new()).is_err(), "{bad:?}");
        }
    }
}
