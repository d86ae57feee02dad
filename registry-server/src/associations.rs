//! Which subjects belong to which topics: the index that [`crate::state::State`] holds.

use std::sync::Arc;

use eventpact_registry_client::wire::Association;
use rpds::{HashTrieMapSync, RedBlackTreeSetSync};

/// What an association is found by. `-` as a namespace or a name stands for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner<'a> {
    /// The subject, as it is written in the association.
    Subject(&'a str),
    /// The id of the topic.
    ResourceId(&'a str),
    /// Namespace and name of the topic.
    Resource(&'a str, &'a str),
}

/// Stands for any namespace, or any name.
pub(crate) const ANY: &str = "-";

type Index = HashTrieMapSync<Arc<str>, RedBlackTreeSetSync<Arc<str>>>;

/// All associations, by guid, with an index for every way to ask for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Associations {
    by_guid: HashTrieMapSync<Arc<str>, Arc<Association>>,
    of_subject: Index,
    of_resource: Index,
    of_name: Index,
    of_namespace: Index,
}

impl Associations {
    /// The associations of one owner, by topic, then keys before values.
    pub(crate) fn of(&self, owner: Owner<'_>) -> Vec<Arc<Association>> {
        let (index, key) = match owner {
            Owner::Subject(subject) => (&self.of_subject, subject),
            Owner::ResourceId(id) => (&self.of_resource, id),
            Owner::Resource(namespace, ANY) => (&self.of_namespace, namespace),
            Owner::Resource(_, name) => (&self.of_name, name),
        };
        let guids = index.get(key).into_iter().flat_map(RedBlackTreeSetSync::iter);
        let all = guids.filter_map(|guid| self.by_guid.get(guid));
        let fits = |a: &&Arc<Association>| match owner {
            Owner::Resource(namespace, _) => namespace == ANY || a.resource_namespace == namespace,
            Owner::Subject(_) | Owner::ResourceId(_) => true,
        };
        let mut found: Vec<Arc<Association>> = all.filter(fits).cloned().collect();
        found.sort_by(|a, b| {
            let order =
                |a: &Association| [&a.resource_name, &a.resource_namespace, &a.association_type, &a.subject].map(String::clone);
            order(a).cmp(&order(b))
        });
        found
    }

    /// All of them, oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Association>> {
        let mut all: Vec<Arc<Association>> = self.by_guid.values().cloned().collect();
        all.sort_by(|a, b| (a.create_ts, &a.guid).cmp(&(b.create_ts, &b.guid)));
        all
    }

    /// By guid.
    pub(crate) fn get(&self, guid: &str) -> Option<&Arc<Association>> {
        self.by_guid.get(guid)
    }

    pub(crate) fn put(&mut self, association: &Arc<Association>) {
        self.remove(&association.guid);
        let guid: Arc<str> = association.guid.as_str().into();
        for (index, key) in self.indexes(association) {
            let mut guids = index.get(key).cloned().unwrap_or_else(RedBlackTreeSetSync::new_sync);
            guids.insert_mut(Arc::clone(&guid));
            index.insert_mut(key.into(), guids);
        }
        self.by_guid.insert_mut(guid, Arc::clone(association));
    }

    pub(crate) fn remove(&mut self, guid: &str) {
        let Some(association) = self.by_guid.get(guid).cloned() else {
            return;
        };
        for (index, key) in self.indexes(&association) {
            let Some(mut guids) = index.get(key).cloned() else { continue };
            guids.remove_mut(guid);
            if guids.is_empty() {
                index.remove_mut(key);
            } else {
                index.insert_mut(key.into(), guids);
            }
        }
        self.by_guid.remove_mut(guid);
    }

    fn indexes<'a>(&mut self, association: &'a Association) -> [(&mut Index, &'a str); 4] {
        [
            (&mut self.of_subject, &association.subject),
            (&mut self.of_resource, &association.resource_id),
            (&mut self.of_name, &association.resource_name),
            (&mut self.of_namespace, &association.resource_namespace),
        ]
    }
}

#[cfg(test)]
mod tests {
    use eventpact_registry_client::wire::Lifecycle;

    use super::*;

    #[test]
    fn an_association_is_found_by_each_of_its_owners_until_it_is_gone() {
        let one = Arc::new(Association {
            subject: "s".into(),
            guid: "g".into(),
            resource_name: "t".into(),
            resource_namespace: "n".into(),
            resource_id: "n:t".into(),
            resource_type: "topic".into(),
            association_type: "value".into(),
            lifecycle: Lifecycle::Weak,
            frozen: false,
            create_ts: 1,
            update_ts: 1,
        });
        let mut all = Associations::default();
        all.put(&one);
        let owners = [
            Owner::Subject("s"),
            Owner::ResourceId("n:t"),
            Owner::Resource("n", "t"),
            Owner::Resource("-", "t"),
            Owner::Resource("n", "-"),
        ];
        for owner in owners {
            assert_eq!(all.of(owner), [Arc::clone(&one)], "{owner:?}");
        }
        assert_eq!(all.of(Owner::Resource("other", "t")), []);
        all.put(&Arc::new(Association { subject: "moved".into(), ..(*one).clone() }));
        assert_eq!(all.of(Owner::Subject("s")), []);
        all.remove("g");
        for owner in owners {
            assert_eq!(all.of(owner), [], "{owner:?}");
        }
    }
}
