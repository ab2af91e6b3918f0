# SPDX-License-Identifier: Apache-2.0
"""What others got wrong while a client logs in by SCRAM, or the pooler with its server."""

import base64
import hashlib
import hmac

import psycopg
import pytest

from support import scram, tenants
from support.lying_server import LyingServer, honest_first
from support.pg_wire import (GSSENC_REQUEST, SSL_REQUEST, RawSession, error_fields, message, parse,
                             query, startup)
from support.process import wait_for
from support.ringfence import TENANT_PASSWORDS

ACME = {"user": "app.acme", "database": "app"}
PASSWORD = TENANT_PASSWORDS["app.acme"]


@pytest.fixture(scope="module")
def users_file(tmp_path_factory):
    """Users with a password, with an empty one, with none and with what is no verifier."""
    path = tmp_path_factory.mktemp("users") / "users.txt"
    path.write_text(f'"app.acme" "{scram.verifier(PASSWORD)}"\n', encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def scram_proxy(start_proxy, users_file, rows):
    def use_scram(proxy):
        listeners = [dict(listener) for listener in proxy.config["listeners"]]
        listeners[0]["auth"] = {"method": "scram-sha-256", "users_file": str(users_file)}
        return {"listeners": listeners}
    return start_proxy(overrides=use_scram)


class Login:
    """SCRAM by hand: `final` changes the client's last message before it is sent."""

    def __init__(self, proxy, password=PASSWORD, parameters=None):
        self.password = password
        self.session = RawSession(proxy.ports["pg"])
        self.session.send(startup(parameters or ACME))
        assert self.session.read().type == "R"
        self.bare = b"n=,r=clientnonce"
        first = b"n,," + self.bare
        self.session.send(message("p", b"SCRAM-SHA-256\0" + len(first).to_bytes(4, "big") + first))
        self.first = self.session.read().body[4:]

    def attributes(self):
        return dict(part.split(b"=", 1) for part in self.first.split(b","))

    def without_proof(self):
        return b"c=biws,r=" + self.attributes()[b"r"]

    def proof(self):
        found = self.attributes()
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(),
                                     base64.b64decode(found[b"s"]), int(found[b"i"]))
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client_key).digest(),
                                b",".join((self.bare, self.first, self.without_proof())), "sha256")
        return base64.b64encode(bytes(a ^ b for a, b in zip(client_key, signature)))

    def finish(self, final=None):
        """Message types up to the end, or to ReadyForQuery, and the SQLSTATE."""
        with self.session as session:
            session.send(message("p", self.without_proof() + b",p=" + self.proof()
                                 if final is None else final))
            answer = []
            while (found := session.read()) is not None:
                answer.append(found)
                if found.type == "Z":
                    return "Z", None
        return "E", error_fields(answer[-1].body)["C"]


def test_login_by_hand_works(scram_proxy):
    """Else the refusals below would say nothing."""
    assert Login(scram_proxy).finish() == ("Z", None)


@pytest.mark.parametrize("user", ["app.unknown", "app_rw", "postgres", "ringfence", "app.globex"])
@pytest.mark.parametrize("password", ["", PASSWORD, tenants.LINK_PASSWORD])
def test_cve_2015_6817_unknown_user(scram_proxy, user, password):
    """PgBouncer: unknown users were logged in as auth_user."""
    login = Login(scram_proxy, password, {**ACME, "user": user})
    assert login.finish() == ("E", "28P01")


@pytest.mark.parametrize("method", ["scram-sha-256", "md5", "trust"])
def test_cve_2025_46801_no_pair_of_methods_opens_the_door(start_postgres, start_proxy, users_file,
                                                          method):
    """Pgpool-II: some pairs of methods on both sides let anybody in as anybody."""
    def use_scram(proxy):
        listeners = [dict(listener) for listener in proxy.config["listeners"]]
        listeners[0]["auth"] = {"method": "scram-sha-256", "users_file": str(users_file)}
        return {"listeners": listeners}
    proxy = start_proxy(postgres=start_postgres(auth=method), overrides=use_scram)
    for user, password, is_right in (("app.acme", PASSWORD, True), ("app.acme", "", False),
                                     ("app.acme", "wrong", False), ("app.globex", "", False),
                                     ("app.globex", PASSWORD, False),
                                     ("app_rw", tenants.LINK_PASSWORD, False)):
        try:
            login = Login(proxy, password, {**ACME, "user": user})
            assert (login.finish()[0] == "Z") == is_right, (user, password)
        except psycopg.OperationalError:
            assert not is_right


FINALS = {
    "empty": lambda final, proof: b"",
    "no proof": lambda final, proof: final,
    "an empty proof": lambda final, proof: final + b",p=",
    "half a proof": lambda final, proof: final + b",p=" + proof[:22],
    "a long proof": lambda final, proof: final + b",p=" + base64.b64encode(b"x" * 64),
    "no base64": lambda final, proof: final + b",p=" + b"!" * 44,
    "the proof first": lambda final, proof: b"p=" + proof + b"," + final,
    "two proofs": lambda final, proof: final + b",p=" + proof + b",p=" + proof,
    "no nonce": lambda final, proof: b"c=biws,p=" + proof,
    "no binding": lambda final, proof: final[7:] + b",p=" + proof,
    "another nonce": lambda final, proof: final[:-1] + b"x,p=" + proof,
    "the client's nonce": lambda final, proof: b"c=biws,r=clientnonce,p=" + proof,
    "another binding": lambda final, proof: final.replace(b"biws", b"eSws") + b",p=" + proof,
    "names alone": lambda final, proof: b"c,r,p",
    "commas": lambda final, proof: b"," * 100,
    "a mandatory extension": lambda final, proof: final + b",m=x,p=" + proof,
    "a long extension": lambda final, proof: final + b",x=" + b"y" * 3000 + b",p=" + proof,
}


@pytest.mark.parametrize("name", FINALS)
def test_cve_2026_19888_client_final_without_its_attributes(scram_proxy, name):
    """PgBouncer: one that lacked an attribute followed a null pointer."""
    login = Login(scram_proxy)
    final = FINALS[name](login.without_proof(), login.proof())
    assert login.finish(final) == ("E", "08P01")


@pytest.mark.parametrize("sent", [
    startup({"user": "app.globex", "database": "app"}), SSL_REQUEST, GSSENC_REQUEST,
    query("SELECT 1"), parse("SELECT 1"), message("X")], ids=lambda sent: sent[:12].hex())
def test_cve_2026_107350_second_startup_packet_inside_scram(scram_proxy, sent):
    """PgBouncer: a second one let one user finish the login of another."""
    login = Login(scram_proxy)
    with login.session as session:
        session.send(sent, message("p", login.without_proof() + b",p=" + login.proof()))
        answer = session.read_to_end()
    assert "Z" not in [found.type for found in answer]
    assert [found.type for found in answer] == ([] if sent == message("X") else ["E"])


def lied_to(start_proxy, first, reason):
    """The proxy goes away from such a server, for that reason, and sends it no proof."""
    server = LyingServer(first=first)
    try:
        endpoint = {"endpoints": [{"address": f"127.0.0.1:{server.port}"}]}
        proxy = start_proxy(overrides={"upstreams": {"main": endpoint}}, wait="live")
        wait_for(lambda: server.after and reason in proxy.log(), what=reason)
        assert set(server.after) == {b""}
    finally:
        server.close()


@pytest.mark.parametrize("length", [257, 1000, 3000])
def test_cve_2026_6665_nonce_of_a_server(start_proxy, length):
    """PgBouncer: a long one ran over the stack."""
    lied_to(start_proxy, lambda nonce: honest_first(nonce + b"x" * length),
            "the server's SCRAM message is malformed")


@pytest.mark.parametrize("iterations", [b"100001", b"2000000", b"2147483647"])
def test_cve_2026_6669_iterations_that_a_server_asks_for(start_proxy, iterations):
    """PgBouncer: they were all made, and everybody waited."""
    lied_to(start_proxy, lambda nonce: honest_first(nonce).replace(b"i=4096", b"i=" + iterations),
            "the server asks for too many SCRAM iterations")
