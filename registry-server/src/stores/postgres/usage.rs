//! Who fetched what, in a table that all servers over a database share.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use super::link::Target;
use super::url::PostgresUrl;
use crate::store::StoreError;
use crate::usage::{How, Key, Ledger, Seen, Wanted};

/// An answer must be there after this time.
const TIME: Duration = Duration::from_secs(3);

/// The most lines; those that were seen longest ago go first.
const MOST: i64 = 200_000;

/// Lines are counted after so many additions.
const PRUNE: u32 = 64;

const ADD: &str = "
    INSERT INTO usage AS u
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                         $8::bigint[], $9::bigint[], $10::bigint[])
    ON CONFLICT (context, subject, id, how, principal, agent, address) DO UPDATE SET
        count = u.count + excluded.count, first = least(u.first, excluded.first), last = greatest(u.last, excluded.last)";

const READ: &str = r#"
    SELECT context, subject, id, how, principal, agent, address, count, first, last FROM usage
    WHERE last >= $1 AND ($2::bigint IS NULL OR id = $2) AND ($3::text IS NULL OR context = $3)
    ORDER BY last DESC, context COLLATE "C", subject COLLATE "C", id, how, principal COLLATE "C", agent COLLATE "C", address"#;

/// A session of its own: counting must not keep registrations waiting.
pub(in crate::stores) struct UsageTable {
    runtime: Runtime,
    target: Target,
    client: Client,
    additions: u32,
}

impl UsageTable {
    /// Connects. The table is there: the store has made it.
    pub(in crate::stores) fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        let target = Target::new(url.clone())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|cause| target.failed(cause))?;
        let client = runtime.block_on(target.connect(mpsc::unbounded_channel().0))?;
        Ok(Self { runtime, target, client, additions: 0 })
    }

    /// Runs something within its time.
    fn within<T>(&self, job: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, StoreError> {
        let done = self.runtime.block_on(async { timeout(TIME, job).await });
        done.map_err(|_| self.target.failed("no answer within 3 s"))?.map_err(|cause| self.target.database(&cause))
    }
}

fn line(row: &Row) -> Result<Seen, tokio_postgres::Error> {
    let text = |column: usize| row.try_get::<_, &str>(column);
    let (id, count): (i64, i64) = (row.try_get(2)?, row.try_get(7)?);
    let key = Key {
        context: text(0)?.into(),
        subject: text(1)?.into(),
        id: u32::try_from(id).unwrap_or(0),
        how: How::parse(text(3)?).unwrap_or(How::Id),
        principal: text(4)?.into(),
        agent: text(5)?.into(),
        address: text(6)?.parse().ok(),
    };
    Ok(Seen { key, count: u64::try_from(count).unwrap_or(0), first: row.try_get(8)?, last: row.try_get(9)? })
}

impl Ledger for UsageTable {
    fn add(&mut self, seen: &[Seen]) -> Result<(), StoreError> {
        let texts = |text: fn(&Key) -> String| seen.iter().map(|seen| text(&seen.key)).collect::<Vec<_>>();
        let numbers = |number: fn(&Seen) -> i64| seen.iter().map(number).collect::<Vec<_>>();
        let (contexts, subjects) = (texts(|key| key.context.to_string()), texts(|key| key.subject.to_string()));
        let (ids, hows) = (numbers(|seen| seen.key.id.into()), texts(|key| key.how.as_str().to_owned()));
        let (principals, agents) = (texts(|key| key.principal.to_string()), texts(|key| key.agent.to_string()));
        let addresses = texts(|key| key.address.map_or_else(String::new, |address| address.to_string()));
        let counts = numbers(|seen| i64::try_from(seen.count).unwrap_or(i64::MAX));
        let (firsts, lasts) = (numbers(|seen| seen.first), numbers(|seen| seen.last));
        let values: [&(dyn ToSql + Sync); 10] =
            [&contexts, &subjects, &ids, &hows, &principals, &agents, &addresses, &counts, &firsts, &lasts];
        self.within(self.client.execute(ADD, &values))?;
        self.additions += 1;
        if self.additions % PRUNE == 1 {
            let prune = "DELETE FROM usage WHERE last < (SELECT last FROM usage ORDER BY last DESC OFFSET $1 LIMIT 1)";
            self.within(self.client.execute(prune, &[&MOST]))?;
        }
        Ok(())
    }

    fn read(&mut self, wanted: &Wanted, each: &mut dyn FnMut(Seen) -> bool) -> Result<(), StoreError> {
        let (id, context) = (wanted.id.map(i64::from), wanted.context.as_deref());
        let values: [&(dyn ToSql + Sync); 3] = [&wanted.since, &id, &context];
        self.within(async {
            let mut rows = std::pin::pin!(self.client.query_raw(READ, values).await?);
            while let Some(row) = rows.try_next().await? {
                if !each(line(&row)?) {
                    break;
                }
            }
            Ok(())
        })
    }
}
