//! Making the tables, once, whoever comes first; and refusing what is not ours or too new.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::link::Target;
use crate::store::StoreError;

/// The layout of the tables. A newer one is refused, an older one is brought forward.
const LAYOUT: i32 = 3;

/// What makes layout 1 of nothing, layout 2 of layout 1, and so on.
const STEPS: [&str; 3] = [include_str!("layout.sql"), include_str!("layout-2.sql"), include_str!("layout-3.sql")];

/// Others may be migrating, which takes its time.
const TIME: Duration = Duration::from_secs(60);

/// Brings the schema to the layout of this version, while nobody else does.
pub(super) async fn run(target: &Target) -> Result<(), StoreError> {
    let mut client = target.connect(mpsc::unbounded_channel().0).await?;
    let migrated = timeout(TIME, migrate(&mut client, &target.url.schema)).await;
    match migrated.map_err(|_| target.failed("another server has been migrating it for a minute"))? {
        Ok(Found::Ready) => Ok(()),
        Ok(Found::Foreign) => Err(StoreError::Refused(format!(
            "{}: the schema holds tables of another program; name another one with ?schema=NAME",
            target.url
        ))),
        Ok(Found::Newer(layout)) => Err(StoreError::Refused(format!(
            "{} was written by a newer version (layout {layout}, this one knows {LAYOUT}); use that version",
            target.url
        ))),
        Err(cause) => Err(target.database(&cause)),
    }
}

/// What was there.
enum Found {
    /// Ours, or ours by now.
    Ready,
    /// Something else.
    Foreign,
    /// Of this later layout.
    Newer(i32),
}

async fn migrate(client: &mut Client, schema: &str) -> Result<Found, tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0").await?;
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended('eventpact ' || $1, 0))";
    transaction.query_one(lock, &[&schema]).await?;
    let look = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
                       EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid),
                       EXISTS (SELECT FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                               WHERE c.relnamespace = n.oid AND c.relname = 'head' AND a.attname = 'layout')
                FROM (SELECT to_regnamespace(quote_ident($1)) AS oid) n";
    let row = transaction.query_one(look, &[&schema]).await?;
    match (row.get(0), row.get(1), row.get(2)) {
        (_, _, true) => {
            let layout: i32 = transaction.query_one("SELECT layout FROM head", &[]).await?.get(0);
            if layout > LAYOUT {
                return Ok(Found::Newer(layout));
            }
            for step in STEPS.iter().skip(usize::try_from(layout).unwrap_or(0)) {
                transaction.batch_execute(step).await?;
            }
        }
        (_, true, false) => return Ok(Found::Foreign),
        (exists, false, false) => {
            let exists: bool = exists;
            if !exists {
                transaction.batch_execute(&format!("CREATE SCHEMA \"{schema}\"")).await?;
            }
            for step in STEPS {
                transaction.batch_execute(step).await?;
            }
        }
    }
    transaction.commit().await?;
    Ok(Found::Ready)
}
