//! What follows from the changes of AsyncAPI documents: who breaks, and in which order the parties can be deployed.

use std::collections::HashSet;

use eventpact_compat::asyncapi::{Rollout, Sides, advice, steps};
use serde_json::{Value, json};

use crate::output::Further;

/// The changes that matter, by document.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    documents: Vec<(String, Vec<Rollout>)>,
    seen: HashSet<(String, Rollout)>,
}

impl Rollouts {
    /// Adds what a comparison said of a document; what several baselines say alike is kept once.
    pub(super) fn add(&mut self, document: &str, rollouts: Vec<Rollout>) {
        let new: Vec<Rollout> = rollouts.into_iter().filter(|r| self.seen.insert((document.to_owned(), r.clone()))).collect();
        match self.documents.iter_mut().find(|(name, _)| name == document) {
            Some((_, known)) => known.extend(new),
            None => self.documents.push((document.to_owned(), new)),
        }
    }

    /// The lines for people, and the fields `sides` and `deploy` of the JSON report; nothing when no AsyncAPI document was
    /// compared.
    pub(super) fn finish(self) -> Further {
        let mut further = Further::default();
        if self.documents.is_empty() {
            return further;
        }
        let several = self.documents.len() > 1;
        let mut deploy = Vec::new();
        for (document, rollouts) in &self.documents {
            let lines = advice(rollouts).into_iter();
            further.lines.extend(lines.map(|line| if several { format!("{document}: {line}") } else { line }));
            deploy.extend(steps(rollouts).into_iter().map(|step| {
                let (order, application) = (step.order.as_str(), step.role.as_str());
                json!({ "document": document, "order": order, "application": application, "subjects": step.subjects, "text": step.text })
            }));
        }
        let all = || self.documents.iter().flat_map(|(_, rollouts)| rollouts);
        let side = |hit: fn(&Sides) -> bool| {
            let subjects: Vec<&str> = all().filter(|r| hit(&r.breaks)).map(|r| r.subject.as_str()).collect();
            json!({ "break": !subjects.is_empty(), "subjects": subjects })
        };
        let sides = json!({ "producers": side(|s| s.producers), "consumers": side(|s| s.consumers) });
        further.fields.insert("sides".to_owned(), sides);
        further.fields.insert("deploy".to_owned(), Value::Array(deploy));
        further
    }
}
