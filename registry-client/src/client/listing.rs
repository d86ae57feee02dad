//! What the list of all schemas tells.

use super::{Call, Client, escaped};
use crate::error::Error;
use crate::wire::SchemaObject;

impl Client {
    /// Every version of exactly this subject, soft-deleted ones too. Unlike [`Self::version`] it does not follow an alias, so it
    /// reads what lies under a name that stands for another one now.
    pub async fn listed_versions(&self, subject: &str) -> Result<Vec<SchemaObject>, Error> {
        let all = self.listed(subject, "deleted=true").await?;
        Ok(all.into_iter().filter(|version| version.subject == subject).collect())
    }

    /// The names that begin like this and stand for subjects that have versions.
    pub async fn aliases(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let all = self.listed(prefix, "aliases=true&latestOnly=true").await?;
        Ok(all.into_iter().flat_map(|version| version.aliases).collect())
    }

    /// All pages of `GET /schemas`. A registry that knows no pages gives the same again, which ends it too.
    async fn listed(&self, prefix: &str, query: &str) -> Result<Vec<SchemaObject>, Error> {
        let prefix = escaped(prefix);
        let mut found: Vec<SchemaObject> = Vec::new();
        loop {
            let path = format!("/schemas?subjectPrefix={prefix}&{query}&offset={}", found.len());
            let page: Vec<SchemaObject> = self.call(&Call::get(path)).await?;
            let key = |version: &SchemaObject| (version.subject.clone(), version.version);
            if page.first().is_none_or(|first| found.first().is_some_and(|known| key(known) == key(first))) {
                return Ok(found);
            }
            found.extend(page);
        }
    }
}
