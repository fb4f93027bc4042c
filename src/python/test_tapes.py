"""What tapes say in Python is what the command line prints of them."""
import datetime
import io
import json
import os
import pathlib
import subprocess

import numpy as np
import pandas as pd
import pytest

import delever

DAY, CHAIN = "samples/day.tape", "samples/chain.tape"
TIMES = ["2026-01-05T02:00:00Z", "2026-01-05T04:30:00Z", "2026-01-05T06:30:00Z", "2026-01-05T08:00:01Z",
         "2026-01-05T11:59:59Z", "2026-01-05T13:17:00Z", "2026-01-05T16:00:00Z", "2026-01-05T19:45:30Z",
         "2026-01-05T22:22:22Z", "2026-01-05T23:00:00Z"]


def program(*words, code=0):
    """What the program prints, run where its files are."""
    done = subprocess.run([os.environ["DELEVER_PROGRAM"], *words], cwd=delever.HOME, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def day():
    return delever.open(DAY)


@pytest.mark.parametrize("at", TIMES)
def test_brief_is_the_verbs_json(day, at):
    theirs = json.loads(program("brief", "--tape", DAY, "--at", at, "--asset", "BTC", "--format", "json"))
    assert day.brief("BTC", at=at) == theirs


# The made day is of BTC alone; this one is the beginning of a market of both.
@pytest.fixture(scope="module")
def two_coins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two-coins")
    market = (pathlib.Path(delever.HOME) / "scenarios/rehearsal.toml").read_text()
    (folder / "market.toml").write_text(market.replace("2026-02-03T00:00:00Z", "2026-02-02T01:40:00Z"))
    program("simulate", str(folder / "market.toml"), "--seed", "1", "--out", str(folder / "two.tape"))
    return str(folder / "two.tape")


@pytest.mark.parametrize("asset", ["BTC", "ETH"])
def test_brief_of_either_coin_at_ten_times(two_coins, asset):
    tape = delever.open(two_coins)
    for tenth in range(1, 11):
        minutes = 10 * tenth
        at = f"2026-02-02T{minutes // 60:02}:{minutes % 60:02}:00Z"
        theirs = json.loads(program("brief", "--tape", two_coins, "--at", at, "--asset", asset, "--format", "json"))
        assert tape.brief(asset, at=at) == theirs
        assert theirs["readings"]["price_usd"]["value"] > 1000


@pytest.mark.parametrize("at", TIMES)
def test_gauges_are_the_verbs_csv(day, at):
    text = program("gauges", "--tape", DAY, "--asset", "BTC", "--from", at, "--to", at, "--format", "csv")
    theirs = pd.read_csv(io.StringIO(text), float_precision="round_trip", keep_default_na=False, dtype=str)
    ours = day.gauges("BTC", since=at, until=at)
    assert len(ours) == len(theirs) > 10
    for name in ("name", "state", "unit", "sources", "reason", "rule"):
        assert list(ours[name].astype(str)) == list(theirs[name].astype(str)), name
    for name in ("value", "low", "high", "coverage", "window_s"):
        numbers = [float(text) if text != "" else np.nan for text in theirs[name]]
        np.testing.assert_array_equal(ours[name].to_numpy(), numbers, err_msg=name)
    as_of = [("" if pd.isna(t) else t) for t in ours["as_of"]]
    assert [pd.Timestamp(t) if t else "" for t in theirs["as_of"]] == as_of


def test_a_value_that_is_not_known_has_its_state_and_reason(day):
    pending = (read := day.gauges("BTC"))[read["state"] == "pending"]
    assert len(pending) > 0
    assert pending["value"].isna().all() and (pending["reason"].astype(str) != "").all()
    known = read[read["state"].isin(["corroborated", "single_source"])]
    assert len(known) > 0 and known["value"].notna().all()


def test_events_are_those_of_tape_cat(day):
    theirs = [json.loads(line) for line in program("tape", "cat", "--events", DAY).splitlines()]
    kinds = pd.Series([event["event"] for event in theirs]).value_counts()
    ours = day.events()
    assert {kind: len(columns) for kind, columns in ours.items() if len(columns) and "book" not in kind} == {
        kind: count for kind, count in kinds.items() if "book" not in kind}
    trades = [event for event in theirs if event["event"] == "trade"]
    columns = ours["trade"]
    frame = columns.frame(exact=True)
    assert len(trades) == len(frame) > 100
    assert list(frame["price"]) == [float(t["price"]) for t in trades]
    from decimal import Decimal
    assert [Decimal(int(n)).scaleb(-10) for n in frame["price_exact"]] == [Decimal(t["price"]) for t in trades]
    assert [Decimal(int(n)).scaleb(-8) for n in frame["qty_exact"]] == [Decimal(t["qty"]) for t in trades]
    assert list(frame["taker_side"]) == [t["taker_side"] for t in trades]
    assert list(frame["at"]) == [pd.Timestamp(t["at"]) for t in trades]
    assert list(frame["received"]) == [pd.Timestamp(t["received"]) for t in trades]


def test_columns_are_not_copied(day):
    trades = day.trades()
    assert trades["at"].dtype == np.int64 and not trades["at"].flags.owndata
    assert np.shares_memory(trades["price"], trades.frame()["price"].to_numpy())
    price = trades["price"]
    del trades
    assert price.sum() > 0  # the memory lives as long as the array


def test_instruments_and_times_choose(day):
    everything = day.trades().frame()
    name = everything["instrument"].iloc[0]
    one = day.trades(instruments=name).frame()
    assert len(one) == (everything["instrument"] == name).sum() < len(everything)
    assert len(day.trades(instruments=name.split(":")[1])) >= len(one)
    until = everything["received"].iloc[len(everything) // 2]
    early = day.trades(until=until)
    assert len(early) == (everything["received"] <= until).sum()
    same = [day.trades(until=form) for form in (str(until.isoformat()), until.value, until.to_pydatetime())]
    assert len(same[1]) == len(early) and abs(len(same[2]) - len(early)) <= 1
    assert len(day.trades(until=datetime.datetime(2020, 1, 1))) == 0
    assert list(day.trades(until="2020-01-01").frame().columns) == list(everything.columns)


def test_missing_numbers_are_nan_and_nat(day):
    interest = day.events("open_interest")["open_interest"].frame(exact=True)
    missing = interest["contracts"].isna()
    assert (interest["contracts_exact"][missing] == delever.MISSING).all()


@pytest.mark.parametrize("at", [None, "2026-01-05T12:00:00Z"])
def test_chain_is_the_verbs(at):
    words = [] if at is None else ["--at", at]
    json_text = subprocess.run([os.environ["DELEVER_PROGRAM"], "chain", "--tape", CHAIN, "--format", "json", *words],
                               cwd=delever.HOME, capture_output=True, text=True)
    if json_text.returncode:
        with pytest.raises(delever.Error):
            delever.open(CHAIN).chain(at=at)
        return
    chain = delever.open(CHAIN).chain(at=at)
    assert chain.document == json.loads(json_text.stdout)
    theirs = pd.read_csv(io.StringIO(program("chain", "--tape", CHAIN, "--format", "csv", *words)), float_precision="round_trip")
    np.testing.assert_array_equal(chain.frame["delta"], theirs["delta"])
    assert len(chain.frame) == len(theirs) > 10


def test_published_facts_and_their_claims():
    theirs = json.loads(program("brief", "episodes/2026-01-30", "--format", "json"))
    ours = delever.brief()
    assert ours == theirs
    claims = delever.claims(ours)
    assert len(claims) == len(theirs["claims"]) > 3
    assert "conflicting" in set(claims["state"])
    assert delever.verdict() == json.loads(program("verdict", "episodes/2026-01-30", "--format", "json"))


def test_stress_takes_a_file_or_a_frame():
    at = "2026-01-30T00:00:00Z"
    words = ["--book", "docs/stress-book.csv", "--price", "84250", "--at", at, "--shock=-1%,-5%"]
    theirs = json.loads(program("stress", *words, "--format", "json"))
    ours = delever.stress("docs/stress-book.csv", price=84_250, at=at, moves=["-1%", "-5%"])
    assert {k: v for k, v in ours.items() if k != "source"} == {k: v for k, v in theirs.items() if k != "source"}
    frame = pd.read_csv(os.path.join(delever.HOME, "docs/stress-book.csv"), comment="#", dtype=str, keep_default_na=False)
    assert delever.stress(frame, price=84_250, at=at, moves=["-1%", "-5%"])["moves"] == ours["moves"]


def test_simulate_writes_a_tape(tmp_path):
    text = open(os.path.join(delever.HOME, "scenarios/maker-withdrawal.toml")).read()
    out = tmp_path / "run.tape"
    short = tmp_path / "short.toml"
    import re
    short.write_text(re.sub(r'(?m)^to = .*', 'to = "2026-01-05T00:02:00Z"', text))
    try:
        told = delever.simulate(short, seed=3, out=out)
    except delever.Error:
        pytest.skip("the scenario has other times")
    assert delever.open(out).trades().frame()["price"].gt(0).all()
    assert told == delever.simulate(short, seed=3)
    assert told != delever.simulate(short, seed=4)


def test_errors_say_what_and_where(tmp_path, day):
    with pytest.raises(delever.NotFoundError) as missing:
        delever.open(tmp_path / "none.tape")
    assert "none.tape" in str(missing.value) and missing.value.fault == "not_found"
    no_tape = tmp_path / "text.tape"
    no_tape.write_text("not a tape at all, but long enough to look at" * 100)
    with pytest.raises(delever.MalformedError):
        delever.open(no_tape)
    with pytest.raises(delever.UsageError) as wrong:
        day.gauges(step="0s")
    assert wrong.value.place == "--step" and isinstance(wrong.value, ValueError)
    with pytest.raises(delever.UsageError, match="no gauge"):
        day.gauges(only="open_intrest")
    with pytest.raises(ValueError, match="no such kind"):
        day.events("trades")
    with pytest.raises(delever.NoEvidenceError):
        day.chain("DOGE")


def test_five_lines_to_a_chart(tmp_path):
    lines = delever.__doc__.split("-----\n", 1)[1].split("\n\n", 1)[0]
    code = "\n".join(line.strip() for line in lines.splitlines())
    assert len(code.splitlines()) <= 5
    there = os.getcwd()
    os.chdir(tmp_path)
    try:
        exec(code, {})
    finally:
        os.chdir(there)
    svg = (tmp_path / "price.svg").read_text()
    assert svg.startswith("<svg xmlns") and svg.count("<path") >= 1 and svg.endswith("</svg>")
    import xml.dom.minidom
    xml.dom.minidom.parseString(svg)


def test_other_threads_run_meanwhile(day):
    import threading
    ticks, done = [], threading.Event()

    def count():
        while not done.is_set():
            ticks.append(1)
            done.wait(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    before = len(ticks)
    day.gauges("BTC", since="2026-01-05", step="5m")
    during = len(ticks) - before
    done.set()
    thread.join()
    assert during > 0


def test_explain():
    assert "oi_coins" in delever.explain("oi_coins")
    with pytest.raises(LookupError, match="did you mean oi_coins"):
        delever.explain("oi_coin")
    assert len(delever.explain()) > 50
