// SPDX-License-Identifier: Apache-2.0
// pgjdbc: extended protocol, named statements from the fifth use on, batches, fetch size.
// python/trips.py says what the environment holds.

import java.math.BigDecimal;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Timer;
import java.util.TimerTask;

public final class Pgjdbc {
    private static final String SELECT_ROWS = "SELECT id, item FROM orders";
    private static final String SLOW = "SELECT count(*) FROM generate_series(1, 400000000)";
    private static final int LARGE = 50000;
    private static final String TENANT = System.getenv("RF_TENANT");
    private static final List<String> ROWS = sorted(Arrays.asList(System.getenv("RF_ROWS").split(",")));

    private interface Work {
        void run() throws SQLException;
    }

    private static List<String> sorted(List<String> list) {
        List<String> copy = new ArrayList<>(list);
        Collections.sort(copy);
        return copy;
    }

    private static void same(Object found, Object wanted) {
        if (!Objects.deepEquals(found, wanted)) {
            throw new AssertionError(found + ", not " + wanted);
        }
    }

    private static void fails(String state, Work work) {
        try {
            work.run();
        } catch (SQLException error) {
            same(error.getSQLState(), state);
            return;
        }
        throw new AssertionError("no SQLSTATE " + state);
    }

    private static Connection connect(String options) throws SQLException {
        return DriverManager.getConnection(
            "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/"
                + System.getenv("PGDATABASE") + "?sslmode=disable" + options,
            System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
    }

    private static List<String> rows(PreparedStatement statement) throws SQLException {
        List<String> found = new ArrayList<>();
        try (ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                found.add(result.getLong(1) + ":" + result.getString(2));
            }
        }
        return sorted(found);
    }

    private static void reads(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(SELECT_ROWS)) {
            same(rows(statement), ROWS);
        }
    }

    private static int change(Connection session, String text) throws SQLException {
        try (Statement statement = session.createStatement()) {
            return statement.executeUpdate(text);
        }
    }

    private static void insert(Connection session, long id) throws SQLException {
        try (PreparedStatement statement =
                 session.prepareStatement("INSERT INTO orders (tenant_id, id) VALUES (?, ?)")) {
            statement.setString(1, TENANT);
            statement.setLong(2, id);
            same(statement.executeUpdate(), 1);
        }
    }

    private static int count(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(SELECT_ROWS)) {
            return rows(statement).size();
        }
    }

    private static void prepared(Connection session) throws SQLException {
        try (PreparedStatement add = session.prepareStatement("SELECT ?::int + 1");
             PreparedStatement all = session.prepareStatement(SELECT_ROWS)) {
            for (int number = 0; number < 12; number++) {
                add.setInt(1, number);
                try (ResultSet result = add.executeQuery()) {
                    result.next();
                    same(result.getInt(1), number + 1);
                }
                same(rows(all), ROWS);
            }
        }
    }

    private static void types(Connection session) throws SQLException {
        OffsetDateTime at = OffsetDateTime.of(2026, 1, 2, 3, 4, 5, 0, ZoneOffset.UTC);
        String text = "Zürich ' \\ \"";
        try (PreparedStatement statement = session.prepareStatement(
                 "SELECT ?::bool, ?::int8, ?::numeric, ?::text, ?::bytea, ?::timestamptz, ?::text")) {
            statement.setBoolean(1, true);
            statement.setLong(2, -(1L << 40));
            statement.setBigDecimal(3, new BigDecimal("12.50"));
            statement.setString(4, text);
            statement.setBytes(5, new byte[] {0, -1});
            statement.setObject(6, at);
            statement.setString(7, null);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                same(result.getBoolean(1), true);
                same(result.getLong(2), -(1L << 40));
                same(result.getBigDecimal(3), new BigDecimal("12.50"));
                same(result.getString(4), text);
                same(result.getBytes(5), new byte[] {0, -1});
                same(result.getObject(6, OffsetDateTime.class), at);
                same(result.getString(7), null);
            }
        }
    }

    private static void arrays(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement("SELECT ?::text[]")) {
            Array texts = session.createArrayOf("text", new String[] {"a,b", "\"", ""});
            statement.setArray(1, texts);
            try (ResultSet result = statement.executeQuery()) {
                result.next();
                same(result.getArray(1).getArray(), new String[] {"a,b", "\"", ""});
            }
        }
    }

    private static void transaction(Connection session) throws SQLException {
        session.setAutoCommit(false);
        insert(session, 900);
        session.commit();
        same(count(session), ROWS.size() + 1);
        same(change(session, "DELETE FROM orders WHERE id = 900"), 1);
        session.commit();
        session.setAutoCommit(true);
    }

    private static void rollback(Connection session) throws SQLException {
        session.setAutoCommit(false);
        insert(session, 901);
        Savepoint savepoint = session.setSavepoint();
        same(change(session, "DELETE FROM orders WHERE id = 901"), 1);
        session.rollback(savepoint);
        same(count(session), ROWS.size() + 1);
        session.rollback();
        session.setAutoCommit(true);
        reads(session);
    }

    private static void errors(Connection session) throws SQLException {
        fails("22012", () -> change(session, "SELECT 1 / 0"));
        fails("42703", () -> change(session, "SELECT nope FROM orders"));
        session.setAutoCommit(false);
        fails("22012", () -> change(session, "SELECT 1 / 0"));
        fails("25P02", () -> change(session, "SELECT 1"));
        session.rollback();
        session.setAutoCommit(true);
        reads(session);
    }

    private static void pipeline(Connection session) throws SQLException {
        try (PreparedStatement statement =
                 session.prepareStatement("INSERT INTO orders (tenant_id, id) VALUES (?, ?)")) {
            for (int number = 0; number < 300; number++) {
                statement.setString(1, TENANT);
                statement.setLong(2, 1000 + number);
                statement.addBatch();
            }
            same(Arrays.stream(statement.executeBatch()).filter(n -> n == 1).count(), 300L);
        }
        same(change(session, "DELETE FROM orders WHERE id >= 1000"), 300);
        reads(session);
    }

    private static void large(Connection session) throws SQLException {
        try (PreparedStatement statement = session.prepareStatement(
                 "SELECT g, repeat('x', 100) FROM generate_series(1, ?) g")) {
            statement.setInt(1, LARGE);
            try (ResultSet result = statement.executeQuery()) {
                for (int number = 1; number <= LARGE; number++) {
                    result.next();
                    same(result.getInt(1), number);
                }
                same(result.next(), false);
            }
        }
    }

    /** A portal that is executed two rows at a time. */
    private static void cursor(Connection session) throws SQLException {
        session.setAutoCommit(false);
        try (PreparedStatement statement = session.prepareStatement(SELECT_ROWS)) {
            statement.setFetchSize(2);
            same(rows(statement), ROWS);
        }
        session.commit();
        session.setAutoCommit(true);
    }

    private static void cancel(Connection session) throws SQLException {
        Timer timer = new Timer();
        try (Statement statement = session.createStatement()) {
            timer.schedule(new TimerTask() {
                @Override
                public void run() {
                    try {
                        statement.cancel();
                    } catch (SQLException error) {
                        System.out.println("cancel: " + error);
                    }
                }
            }, 200, 200);
            fails("57014", () -> statement.executeQuery(SLOW));
        } finally {
            timer.cancel();
        }
        session.setAutoCommit(true);
    }

    private static void reconnect() throws SQLException {
        for (String mode : new String[] {"extended", "extendedForPrepared", "simple"}) {
            try (Connection session = connect("&preferQueryMode=" + mode)) {
                reads(session);
                transaction(session);
            }
        }
    }

    private static void trip(String step, Work work, Connection session) throws SQLException {
        try {
            work.run();
        } catch (SQLException error) {
            String state = error.getSQLState();
            if (!"0A000".equals(state) && !"42501".equals(state)) {
                throw error;
            }
            if (!session.getAutoCommit()) {
                session.rollback();
                session.setAutoCommit(true);
            }
            reads(session);
            System.out.println("refused " + step + ": " + state + " " + error.getMessage());
            return;
        }
        System.out.println("ok " + step);
    }

    public static void main(String[] arguments) throws SQLException {
        try (Connection session = connect("")) {
            trip("connect", () -> reads(session), session);
            trip("prepared", () -> prepared(session), session);
            trip("types", () -> types(session), session);
            trip("arrays", () -> arrays(session), session);
            trip("transaction", () -> transaction(session), session);
            trip("rollback", () -> rollback(session), session);
            trip("error", () -> errors(session), session);
            trip("pipeline", () -> pipeline(session), session);
            trip("large", () -> large(session), session);
            trip("cursor", () -> cursor(session), session);
            trip("cancel", () -> cancel(session), session);
            trip("reconnect", Pgjdbc::reconnect, session);
        }
    }
}
