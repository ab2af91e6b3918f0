// SPDX-License-Identifier: Apache-2.0

// lib/pq, which exporters of PgBouncer's metrics use, on the console: every command of the arguments
// by the simple and by the extended protocol. Prints an object for each: its columns and its rows
// as database/sql has them.
package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	_ "github.com/lib/pq"
)

type answer struct {
	Command string
	Columns []string
	Rows    [][]any
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(rows *sql.Rows, err error) ([]string, [][]any) {
	check(err)
	defer rows.Close()
	columns, err := rows.Columns()
	check(err)
	all := [][]any{}
	for rows.Next() {
		values := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		check(rows.Scan(places...))
		all = append(all, values)
	}
	check(rows.Err())
	return columns, all
}

func main() {
	db, err := sql.Open("postgres", "") // where to is in the environment
	check(err)
	db.SetMaxOpenConns(1)
	check(db.Ping())
	for _, command := range os.Args[1:] {
		columns, rows := read(db.Query(command))
		statement, err := db.Prepare(command)
		check(err)
		again, _ := read(statement.Query())
		check(statement.Close())
		if !reflect.DeepEqual(columns, again) {
			check(fmt.Errorf("%s: %v and %v", command, columns, again))
		}
		check(json.NewEncoder(os.Stdout).Encode(answer{command, columns, rows}))
	}
}
