//! Who fetched which schema when.

use eventpact_registry::StoreSpec;
use serde_json::{Value, json};

use crate::server::Running;

async fn ask(server: &Running, path: &str) -> Value {
    let answer = server.send("GET", path, None).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    serde_json::from_str(&answer.body).expect("it is JSON")
}

/// The lines, without times.
async fn lines(server: &Running, query: &str) -> Vec<String> {
    let report = ask(server, &format!("/eventpact/v1/usage{query}")).await;
    let line = |line: &Value| {
        let (first, last) = (line["firstSeen"].as_i64().expect("a time"), line["lastSeen"].as_i64().expect("a time"));
        assert!(first > 1_700_000_000_000 && last >= first, "{line}");
        let text = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
        let (who, agent) = (text("principal"), text("agent"));
        format!("{} {} {} {who} {agent} {} ×{}", line["id"], text("subject"), text("by"), text("address"), line["count"])
    };
    let mut lines: Vec<String> = report["usage"].as_array().expect("a list").iter().map(line).collect();
    lines.sort();
    lines
}

async fn fill(server: &Running) {
    for (subject, schema) in [("orders-value", "\"int\""), ("orders-value", "\"long\""), (":.eu:other", "\"int\"")] {
        let body = json!({ "schema": schema });
        let answer = server.send("POST", &format!("/subjects/{subject}/versions"), Some(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    for path in [
        "/schemas/ids/1",
        "/schemas/ids/1/schema",
        "/schemas/ids/2?subject=orders-value",
        "/subjects/orders-value/versions/latest",
        "/subjects/orders-value/versions/2/schema",
        "/contexts/.eu/schemas/ids/1",
    ] {
        assert_eq!(server.send("GET", path, None).await.status, 200, "{path}");
    }
    assert_eq!(server.send("POST", "/subjects/orders-value", Some(&json!({"schema":"\"long\""}))).await.status, 200);
    // What is not there was fetched by nobody.
    assert_eq!(server.send("GET", "/schemas/ids/99", None).await.status, 404);
}

const ORDERS: [&str; 6] = [
    "1 - id anonymous case 127.0.0.1 ×2",
    "1 orders-value register anonymous case 127.0.0.1 ×1",
    "2 orders-value id anonymous case 127.0.0.1 ×1",
    "2 orders-value lookup anonymous case 127.0.0.1 ×1",
    "2 orders-value register anonymous case 127.0.0.1 ×1",
    "2 orders-value version anonymous case 127.0.0.1 ×2",
];

#[tokio::test]
async fn usage_says_who_fetched_what_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = || StoreSpec::Sqlite(folder.path().join("r.db"));
    let server = Running::start(store()).await;
    fill(&server).await;
    assert_eq!(lines(&server, "?subject=orders-value").await, ORDERS);
    assert_eq!(lines(&server, "?subject=orders-value&id=1").await, ORDERS[..2]);
    assert_eq!(lines(&server, "?subject=:.eu:other").await.len(), 2);
    assert_eq!(ask(&server, "/contexts/.eu/eventpact/v1/usage").await["usage"].as_array().unwrap().len(), 2);
    assert_eq!(lines(&server, "").await.len(), 8);
    assert_eq!(lines(&server, "?limit=3").await.len(), 3);
    assert_eq!(lines(&server, "?since=32503680000000").await.len(), 0);
    for bad in ["?id=x", "?id=-1", "?limit=x", "?since=x"] {
        assert_eq!(server.send("GET", &format!("/eventpact/v1/usage{bad}"), None).await.status, 400, "{bad}");
    }
    let one = ask(&server, "/eventpact/v1/usage?id=1&subject=orders-value").await;
    assert_eq!(one["usage"][0]["versions"], json!([{"subject": "orders-value", "version": 1}]));
    server.stop().await;

    let server = Running::start(store()).await;
    assert_eq!(ask(&server, "/eventpact/v1/usage").await["kept"], "file");
    assert_eq!(lines(&server, "?subject=orders-value").await, ORDERS);
    assert_eq!(server.send("GET", "/schemas/ids/1", None).await.status, 200);
    assert_eq!(lines(&server, "?subject=orders-value&id=1").await[0], "1 - id anonymous case 127.0.0.1 ×3");
    server.stop().await;
}

#[tokio::test]
async fn a_store_without_a_place_for_usage_knows_it_of_this_process() {
    let server = Running::start(StoreSpec::Memory).await;
    fill(&server).await;
    assert_eq!(lines(&server, "?subject=orders-value").await, ORDERS);
    assert_eq!(ask(&server, "/eventpact/v1/usage").await["kept"], "process");
    server.stop().await;
}
