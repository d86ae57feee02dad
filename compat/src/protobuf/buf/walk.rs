//! Pairs everything in two modules by name and calls the rules of one category. Linear in what the modules hold.

use std::collections::HashMap;

use eventpact_contract::deadline;
use eventpact_contract::formats::protobuf::{Method, Schema};

use crate::pair::Pair;
use crate::report::Report;

use super::field::FieldNode;
use super::module::{MessageNode, MethodNode, Module, ServiceNode};
use super::rule::{BufRule, Category, Check, Versions};
use super::rules;

/// Compares a module with its previous version.
pub(super) fn walk(pair: Pair<'_, Schema>, category: Category) -> Report {
    let (new, old) = (Module::new(pair.reader), Module::new(pair.writer));
    let rules = rules::all().filter(|rule| rule.categories.contains(&category)).collect();
    let mut walk = Walk { versions: Versions { new: &new, old: &old }, rules, report: Report::new() };
    walk.all();
    walk.report
}

struct Walk<'a, 'm> {
    versions: Versions<'a, Module<'m>>,
    rules: Vec<&'static BufRule>,
    report: Report,
}

impl<'m> Walk<'_, 'm> {
    fn all(&mut self) {
        let Versions { new, old } = self.versions;
        let versions = self.versions;
        self.run(|check, rule, report| {
            if let Check::Module(check) = check {
                check(rule, versions, report);
            }
        });
        for old in &old.files {
            let Some(new) = new.file(&old.file.path) else { continue };
            self.run(|check, rule, report| {
                if let Check::File(check) = check {
                    check(rule, Versions { new, old }, report);
                }
            });
        }
        for old in &old.enums {
            let Some(new) = new.enumeration(&old.one.element.full_name) else { continue };
            self.run(|check, rule, report| {
                if let Check::Enum(check) = check {
                    check(rule, Versions { new, old }, report);
                }
            });
        }
        for old in &old.messages {
            if let Some(new) = new.message(&old.full_name) {
                self.messages(Versions { new, old });
            }
        }
        for old in &old.extensions {
            let Some(new) = new.extension(old.holder(), old.number()) else { continue };
            self.fields(Versions { new, old });
        }
        for old in &old.services {
            if let Some(new) = new.service(&old.service.element.full_name) {
                self.services(Versions { new, old });
            }
        }
    }

    fn run(&mut self, call: impl Fn(Check, &BufRule, &mut Report)) {
        for rule in self.rules.iter().take_while(|_| !deadline::is_over()) {
            call(rule.check, rule, &mut self.report);
        }
    }

    fn messages(&mut self, messages: Versions<'_, MessageNode<'m>>) {
        self.run(|check, rule, report| {
            if let Check::Message(check) = check {
                check(rule, messages, report);
            }
        });
        let by_number: HashMap<i32, &FieldNode<'m>> = messages.new.fields.iter().map(|f| (f.number(), f)).collect();
        for old in &messages.old.fields {
            if let Some(new) = by_number.get(&old.number()) {
                self.fields(Versions { new, old });
            }
        }
    }

    fn fields(&mut self, fields: Versions<'_, FieldNode<'m>>) {
        let modules = self.versions;
        self.run(|check, rule, report| {
            if let Check::Field(check) = check {
                check(rule, modules, fields, report);
            }
        });
    }

    fn services(&mut self, services: Versions<'_, ServiceNode<'m>>) {
        self.run(|check, rule, report| {
            if let Check::Service(check) = check {
                check(rule, services, report);
            }
        });
        let Versions { new, old } = services;
        let by_name: HashMap<&str, &Method> = new.service.methods.iter().map(|m| (m.element.name.as_str(), m)).collect();
        for method in &old.service.methods {
            let Some(found) = by_name.get(method.element.name.as_str()) else { continue };
            let new = MethodNode { method: found };
            let old = MethodNode { method };
            self.run(|check, rule, report| {
                if let Check::Method(check) = check {
                    check(rule, Versions { new: &new, old: &old }, report);
                }
            });
        }
    }
}
