// SPDX-License-Identifier: Apache-2.0
//! tokio-postgres: named statements, binary formats, true pipelining, portals with row limits.
//! python/trips.py says what the environment holds.

use std::env::var;
use std::error::Error;
use std::future::Future;
use std::time::Duration;

use futures_util::future::join_all;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Config, NoTls, Row};

type Outcome = Result<(), Box<dyn Error>>;

const SELECT_ROWS: &str = "SELECT id, item FROM orders";
const SLOW: &str = "SELECT count(*) FROM generate_series(1, 400000000)";
const LARGE: i32 = 50000;

fn tenant() -> String {
    var("RF_TENANT").expect("RF_TENANT")
}

fn wanted() -> Vec<String> {
    let rows = var("RF_ROWS").expect("RF_ROWS");
    let mut rows: Vec<String> = rows.split(',').map(str::to_owned).collect();
    rows.sort();
    rows
}

fn seen(rows: &[Row]) {
    let mut found: Vec<String> = rows
        .iter()
        .map(|row| format!("{}:{}", row.get::<_, i64>(0), row.get::<_, String>(1)))
        .collect();
    found.sort();
    assert_eq!(found, wanted());
}

fn sqlstate(error: &tokio_postgres::Error) -> &str {
    error.code().map_or("", |code| code.code())
}

fn fails<T>(state: &str, result: Result<T, tokio_postgres::Error>) {
    match result {
        Ok(_) => panic!("no SQLSTATE {state}"),
        Err(error) => assert_eq!(sqlstate(&error), state, "{error}"),
    }
}

async fn connect() -> Result<Client, Box<dyn Error>> {
    let mut config = Config::new();
    config
        .host(&var("PGHOST")?)
        .port(var("PGPORT")?.parse()?)
        .user(&var("PGUSER")?)
        .password(var("PGPASSWORD")?)
        .dbname(&var("PGDATABASE")?);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn reads(session: &Client) -> Outcome {
    seen(&session.query(SELECT_ROWS, &[]).await?);
    Ok(())
}

async fn prepared(session: &Client) -> Outcome {
    let add = session.prepare("SELECT $1::int4 + 1").await?;
    let all = session.prepare_typed(SELECT_ROWS, &[]).await?;
    for number in 0..5i32 {
        assert_eq!(session.query_one(&add, &[&number]).await?.get::<_, i32>(0), number + 1);
        seen(&session.query(&all, &[]).await?);
    }
    Ok(())
}

async fn types(session: &Client) -> Outcome {
    let text = "Zürich ' \\ \"";
    let declared = session
        .prepare_typed("SELECT $1, $2, $3, $4, $5", &[Type::BOOL, Type::INT8, Type::TEXT, Type::BYTEA, Type::FLOAT8])
        .await?;
    let row = session
        .query_one(&declared, &[&true, &(-1i64 << 40), &text, &&[0u8, 255][..], &0.5f64])
        .await?;
    assert!(row.get::<_, bool>(0));
    assert_eq!(row.get::<_, i64>(1), -1i64 << 40);
    assert_eq!(row.get::<_, String>(2), text);
    assert_eq!(row.get::<_, Vec<u8>>(3), [0, 255]);
    assert_eq!(row.get::<_, f64>(4), 0.5);
    let none: Option<String> = session.query_one("SELECT $1::text", &[&None::<String>]).await?.get(0);
    assert_eq!(none, None);
    Ok(())
}

async fn arrays(session: &Client) -> Outcome {
    let (numbers, texts) = (vec![1i32, -2, 3], vec!["a,b", "\"", ""]);
    let row = session.query_one("SELECT $1::int4[], $2::text[]", &[&numbers, &texts]).await?;
    assert_eq!(row.get::<_, Vec<i32>>(0), numbers);
    assert_eq!(row.get::<_, Vec<String>>(1), texts);
    Ok(())
}

const INSERT: &str = "INSERT INTO orders (tenant_id, id) VALUES ($1, $2)";

async fn transaction(session: &mut Client) -> Outcome {
    let work = session.transaction().await?;
    assert_eq!(work.execute(INSERT, &[&tenant(), &900i64]).await?, 1);
    work.commit().await?;
    assert_eq!(session.query(SELECT_ROWS, &[]).await?.len(), wanted().len() + 1);
    assert_eq!(session.execute("DELETE FROM orders WHERE id = $1", &[&900i64]).await?, 1);
    Ok(())
}

async fn rollback(session: &mut Client) -> Outcome {
    let mut outer = session.transaction().await?;
    outer.execute(INSERT, &[&tenant(), &901i64]).await?;
    let inner = outer.savepoint("s").await?;
    assert_eq!(inner.execute("DELETE FROM orders WHERE id = 901", &[]).await?, 1);
    inner.rollback().await?;
    assert_eq!(outer.query(SELECT_ROWS, &[]).await?.len(), wanted().len() + 1);
    outer.rollback().await?;
    reads(session).await
}

async fn errors(session: &mut Client) -> Outcome {
    fails("22012", session.query("SELECT 1 / $1::int4", &[&0i32]).await);
    fails("42703", session.query("SELECT nope FROM orders", &[]).await);
    fails("22012", session.batch_execute("SELECT 1; SELECT 1 / 0; SELECT 2").await);
    let work = session.transaction().await?;
    fails("22012", work.query("SELECT 1 / 0", &[]).await);
    fails("25P02", work.query("SELECT 1", &[]).await);
    work.rollback().await?;
    reads(session).await
}

/// Requests that are all sent before the first is answered, some of them wrong.
async fn pipeline(session: &Client) -> Outcome {
    let (add, wrong) = (session.prepare("SELECT $1::int4 + 1").await?, session.prepare("SELECT 1 / $1::int4").await?);
    let numbers: Vec<i32> = (0..100).collect();
    let zero = 0i32;
    let answers = join_all(numbers.iter().map(|number| {
        let (add, wrong, zero) = (&add, &wrong, &zero);
        async move {
            if number % 10 == 9 {
                fails("22012", session.query(wrong, &[zero]).await);
                return Ok(number + 1);
            }
            session.query_one(add, &[number]).await.map(|row| row.get::<_, i32>(0))
        }
    }))
    .await;
    for (number, answer) in numbers.iter().zip(answers) {
        assert_eq!(answer?, number + 1);
    }
    Ok(())
}

async fn large(session: &Client) -> Outcome {
    let rows = session
        .query("SELECT g, repeat('x', 100) FROM generate_series(1, $1) g", &[&LARGE])
        .await?;
    let found: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, (1..=LARGE).collect::<Vec<i32>>());
    Ok(())
}

async fn cursor(session: &mut Client) -> Outcome {
    let work = session.transaction().await?;
    let portal = work.bind(SELECT_ROWS, &[]).await?;
    let mut found = Vec::new();
    loop {
        let some = work.query_portal(&portal, 2).await?;
        if some.is_empty() {
            break;
        }
        found.extend(some);
    }
    work.commit().await?;
    seen(&found);
    Ok(())
}

async fn cancel(session: &Client) -> Outcome {
    let token = session.cancel_token();
    let again = async {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            // That it came too early shows in the query going on.
            let _ = token.cancel_query(NoTls).await;
        }
    };
    tokio::select! {
        result = session.query(SLOW, &[]) => fails("57014", result),
        () = again => {}
    }
    reads(session).await
}

async fn reconnect() -> Outcome {
    for session in [connect().await?, connect().await?] {
        reads(&session).await?;
    }
    Ok(())
}

async fn trip(step: &str, work: impl Future<Output = Outcome>) -> Result<bool, Box<dyn Error>> {
    let Err(error) = work.await else {
        println!("ok {step}");
        return Ok(false);
    };
    let state = error.downcast_ref::<tokio_postgres::Error>().map_or("", sqlstate);
    if state != "0A000" && state != "42501" {
        println!("{step}: {error:?}");
        return Err(error);
    }
    println!("refused {step}: {error:?}");
    Ok(true)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let mut session = connect().await?;
    trip("connect", reads(&session)).await?;
    trip("prepared", prepared(&session)).await?;
    trip("types", types(&session)).await?;
    trip("arrays", arrays(&session)).await?;
    trip("transaction", transaction(&mut session)).await?;
    trip("rollback", rollback(&mut session)).await?;
    trip("error", errors(&mut session)).await?;
    trip("pipeline", pipeline(&session)).await?;
    trip("large", large(&session)).await?;
    trip("cursor", cursor(&mut session)).await?;
    trip("cancel", cancel(&session)).await?;
    trip("reconnect", reconnect()).await?;
    reads(&session).await
}
