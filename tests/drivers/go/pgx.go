// SPDX-License-Identifier: Apache-2.0

// pgx v5: named statements in a cache, binary formats, batches, and its simple protocol mode.
// python/trips.py says what the environment holds.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	selectRows = "SELECT id, item FROM orders"
	slow       = "SELECT count(*) FROM generate_series(1, 400000000)"
	large      = 50000
)

var (
	ctx    = context.Background()
	tenant = os.Getenv("RF_TENANT")
	rows   = strings.Split(os.Getenv("RF_ROWS"), ",")
)

type querier interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}

// check ends the program: the caller of this program reads the reason and the status.
func check(err error) {
	if err != nil {
		fmt.Println(err)
		panic(err)
	}
}

func same(found, wanted any) error {
	if !reflect.DeepEqual(found, wanted) {
		return fmt.Errorf("%#v, not %#v", found, wanted)
	}
	return nil
}

func sqlstate(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

func fails(state string, err error) error {
	if err == nil || sqlstate(err) != state {
		return fmt.Errorf("%v, not SQLSTATE %s", err, state)
	}
	return nil
}

// first is the first error of a list.
func first(found ...error) error {
	for _, err := range found {
		if err != nil {
			return err
		}
	}
	return nil
}

func seen(found []string) error {
	sort.Strings(found)
	sort.Strings(rows)
	return same(found, rows)
}

func oneRow(row pgx.CollectableRow) (string, error) {
	var id int64
	var item string
	err := row.Scan(&id, &item)
	return fmt.Sprintf("%d:%s", id, item), err
}

func reads(session querier) error {
	result, err := session.Query(ctx, selectRows)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(result, oneRow)
	return first(err, seen(found))
}

func prepared(session *pgx.Conn) error {
	if _, err := session.Prepare(ctx, "add", "SELECT $1::int4 + 1"); err != nil {
		return err
	}
	for number := int32(0); number < 5; number++ {
		var found int32
		err := session.QueryRow(ctx, "add", number).Scan(&found)
		if err = first(err, same(found, number+1), reads(session)); err != nil {
			return err
		}
	}
	return session.Deallocate(ctx, "add")
}

func types(session *pgx.Conn) error {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	modes := []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe,
		pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol}
	for _, mode := range modes {
		var a bool
		var b int64
		var c, d, g string
		var e []byte
		var f time.Time
		var h *string
		err := session.QueryRow(ctx, "SELECT $1::bool, $2::int8, $3::numeric::text, $4::text, "+
			"$5::bytea, $6::timestamptz, $7::uuid::text, $8::text", mode, true, int64(-1)<<40, "12.50",
			"Zürich ' \\ \"", []byte{0, 255}, at, "00000000-0000-0000-0000-000000000007", nil).
			Scan(&a, &b, &c, &d, &e, &f, &g, &h)
		if err = first(err, same([]any{a, b, c, d, e, f.UTC(), g, h}, []any{true, int64(-1) << 40,
			"12.50", "Zürich ' \\ \"", []byte{0, 255}, at, "00000000-0000-0000-0000-000000000007",
			(*string)(nil)})); err != nil {
			return fmt.Errorf("mode %v: %w", mode, err)
		}
	}
	return nil
}

func arrays(session *pgx.Conn) error {
	var numbers []int32
	var texts []string
	err := session.QueryRow(ctx, "SELECT $1::int4[], $2::text[]", []int32{1, -2, 3},
		[]string{"a,b", "\"", ""}).Scan(&numbers, &texts)
	return first(err, same(numbers, []int32{1, -2, 3}), same(texts, []string{"a,b", "\"", ""}))
}

func count(session querier) (int, error) {
	result, err := session.Query(ctx, selectRows)
	if err != nil {
		return 0, err
	}
	found, err := pgx.CollectRows(result, oneRow)
	return len(found), err
}

func insert(session *pgx.Conn, id int) error {
	_, err := session.Exec(ctx, "INSERT INTO orders (tenant_id, id) VALUES ($1, $2)", tenant, id)
	return err
}

func transaction(session *pgx.Conn) error {
	err := pgx.BeginFunc(ctx, session, func(pgx.Tx) error { return insert(session, 900) })
	if err != nil {
		return err
	}
	found, err := count(session)
	tag, err2 := session.Exec(ctx, "DELETE FROM orders WHERE id = $1", 900)
	return first(err, same(found, len(rows)+1), err2, same(tag.RowsAffected(), int64(1)))
}

func rollback(session *pgx.Conn) error {
	outer, err := session.Begin(ctx)
	if err = first(err, insert(session, 901)); err != nil {
		return err
	}
	inner, err := outer.Begin(ctx)
	if err != nil {
		return err
	}
	_, err = inner.Exec(ctx, "DELETE FROM orders WHERE id = 901")
	if err = first(err, inner.Rollback(ctx)); err != nil {
		return err
	}
	found, err := count(session)
	return first(err, same(found, len(rows)+1), outer.Rollback(ctx), reads(session))
}

func failures(session *pgx.Conn) error {
	_, byZero := session.Exec(ctx, "SELECT 1 / $1::int4", 0)
	_, unknown := session.Exec(ctx, "SELECT nope FROM orders")
	return first(fails("22012", byZero), fails("42703", unknown), reads(session))
}

// pipeline sends batches: all messages before one Sync.
func pipeline(session *pgx.Conn) error {
	batch := &pgx.Batch{}
	for number := 0; number < 100; number++ {
		batch.Queue("SELECT $1::int4", number)
	}
	results := session.SendBatch(ctx, batch)
	for number := 0; number < 100; number++ {
		var found int
		err := results.QueryRow().Scan(&found)
		if err = first(err, same(found, number)); err != nil {
			return err
		}
	}
	if err := results.Close(); err != nil {
		return err
	}
	failing := &pgx.Batch{}
	failing.Queue("SELECT 1")
	failing.Queue("SELECT 1 / $1::int4", 0)
	failing.Queue("SELECT 2")
	return first(fails("22012", session.SendBatch(ctx, failing).Close()), reads(session))
}

func big(session *pgx.Conn) error {
	result, err := session.Query(ctx,
		"SELECT g, repeat('x', 100) FROM generate_series(1, $1::int4) g", large)
	if err != nil {
		return err
	}
	wanted := int32(0)
	for result.Next() {
		var number int32
		var text string
		wanted++
		if err = first(result.Scan(&number, &text), same(number, wanted)); err != nil {
			return err
		}
	}
	return first(result.Err(), same(wanted, int32(large)))
}

// cancel waits for a deadline; the driver sends the cancel request when asked.
func cancel(session *pgx.Conn) error {
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Add(1)
	go func() {
		defer asking.Done()
		for {
			select {
			case <-done:
				return
			case <-time.After(200 * time.Millisecond):
				_ = session.PgConn().CancelRequest(ctx) // the query's end says whether it worked
			}
		}
	}()
	_, err := session.Exec(ctx, slow)
	close(done)
	asking.Wait()
	return first(fails("57014", err), reads(session))
}

func reconnect() error {
	pool, err := pgxpool.New(ctx, "sslmode=disable pool_max_conns=2")
	if err != nil {
		return err
	}
	defer pool.Close()
	for number := 0; number < 4; number++ {
		if err = reads(pool); err != nil {
			return err
		}
	}
	return nil
}

func trip(step string, err error, session *pgx.Conn) {
	if state := sqlstate(err); state == "0A000" || state == "42501" {
		check(reads(session))
		fmt.Printf("refused %s: %v\n", step, err)
		return
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", step, err)
	}
	check(err)
	fmt.Println("ok", step)
}

func main() {
	session, err := pgx.Connect(ctx, "sslmode=disable")
	check(err)
	trip("connect", reads(session), session)
	steps := []struct {
		name string
		work func(*pgx.Conn) error
	}{{"prepared", prepared}, {"types", types}, {"arrays", arrays}, {"transaction", transaction},
		{"rollback", rollback}, {"error", failures}, {"pipeline", pipeline}, {"large", big},
		{"cancel", cancel}}
	for _, step := range steps {
		trip(step.name, step.work(session), session)
	}
	trip("reconnect", reconnect(), session)
	check(session.Close(ctx))
}
