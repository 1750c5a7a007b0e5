"""The verbs of the bench and of the judge: what people type, what is printed, and that every refusal is one message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from percola.cli import main
from percola.lab.methods import METHODS, method
from percola.measurement import Measurement
from percola.units import KINDS

SWEEP = """T_s (degC),porosity (%),breaking strength (kgf/cm2),breaking extension (%)
135,42.0,150,380
140,54.0,156,400
145,54.6,139,353
150,54.3,122,290
155,52.9,90,90
160,53.5,82,75
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PERCOLA_CONFIG_DIR", str(tmp_path / "config"))
    (tmp_path / "sweep.csv").write_text(SWEEP, encoding="utf-8")
    (tmp_path / "readings.csv").write_text("thickness (um)\n85\n88\n86\n89\n87\n", encoding="utf-8")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out.replace("\u00a0", " "), err


# -- the methods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", METHODS)
def test_every_method_says_what_it_needs(key: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = method(key)
    assert spec.key == key
    assert spec.help.strip().endswith(".")
    assert "1063256" in spec.standard or "ISO" in spec.standard or "ASTM" in spec.standard
    for setting in spec.settings:
        assert setting.kind in KINDS or setting.kind in ("word", "choice", "number", "count", "flag", "file")
        assert bool(setting.choices) == (setting.kind == "choice")
    names = [s.name for s in spec.settings]
    assert len(names) == len(set(names))
    for wanted in spec.wanted:
        assert wanted.kind in (*KINDS, "number", "text")
        assert wanted.words
    code, out, _ = run(capsys, "lab", key, "--help")
    assert code == 0
    for setting in spec.settings:
        assert setting.option[:12] in out  # long names are cut in a narrow table


def test_the_list_of_methods(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lab", "--help")
    assert code == 0
    for key in METHODS:
        assert key in out


def test_a_method_from_a_file_to_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lab", "thickness", "readings.csv")
    assert code == 0
    assert "87.0 ± 0.8 µm" in out or "87.0 ± 0.7 µm" in out
    report = Path(out.strip().splitlines()[-1].removeprefix("Report: "))
    page = report.read_text(encoding="utf-8")
    assert "readings.csv" in page
    assert "http://" not in page.replace("http://www.w3.org", "")  # self-contained
    saved = json.loads((report.parent / "measurements.json").read_text(encoding="utf-8"))
    assert Measurement.from_dict(saved["measurements"][0]).value == pytest.approx(87e-6)
    report.unlink()
    code, out, _ = run(capsys, "report", str(report.parent))
    assert code == 0
    assert report.exists()


def test_json_is_one_object_in_si(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lab", "thickness", "--reading", "85um", "--reading", "89um", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["measurements"][0]["value"] == pytest.approx(87e-6)
    assert answer["measurements"][0]["unit"] == "m"
    assert answer["settings"]["reading"] == pytest.approx([85e-6, 89e-6])


def test_info_says_how_a_file_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "lab", "thickness", "readings.csv", "--info")
    assert code == 0
    assert "thickness [um] -> thickness" in out
    assert "5 rows" in out
    assert not Path("bench").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lab", "porometri", "x.csv"), "porometry"),
        (("lab", "thickness", "nothing.csv"), "no such file"),
        (("lab", "thickness", "readings.csv", "--places", "many"), "plain number"),
        (("lab", "thickness", "readings.csv", "--resolution", "1"), "--resolution"),
        (("lab", "thickness", "readings.csv", "--resolution", "1 kg"), "not a unit of length"),
        (("lab", "thickness", "readings.csv", "--unit", "um"), "NAME=VALUE"),
        (("lab", "thickness", "readings.csv", "--separator", "dash"), "comma, semicolon"),
        (("lab", "thickness", "readings.csv", "--decimal", "dash"), "point or comma"),
        (("lab", "thickness", "readings.csv", "--column", "thickness=breadth"), "breadth"),
        (("lab", "thickness", "readings.csv", "--beside", "."), "no run directory"),
        (("window", "readings.csv"), "dissolution temperature"),
        (("window", "patent:Ex2a"), "reserved"),
        (("window", "patent:Ex7", "patent:Ex10"), "one solution"),
        (("judge", "readings.csv"), "percola lab"),
        (("judge", "nothing"), "nothing"),
        (("judge", "patent:Ex7", "patent:Ex8"), "one process"),
        (("judge", "patent:Ex7", "--require", "claim_99"), "claim_1"),
    ],
)
def test_refusals_say_what_to_do(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) <= 4
    assert not out


def test_an_empty_file_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.csv").write_bytes(b"")
    code, _, err = run(capsys, "lab", "thickness", "empty.csv")
    assert code == 2
    assert "empty" in err


# -- window and judge ------------------------------------------------------------------------------------


def test_the_window_of_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "window", "sweep.csv", "--polymer-fraction", "46.6 wt%", "--json")
    assert code == 0
    answer = json.loads(out)
    found = answer["windows"][0]
    assert found["lower_K"] - 273.15 == pytest.approx(137.5)
    assert found["upper_K"] - 273.15 == pytest.approx(152.5)
    assert answer["verdicts"][0]["status"] == "PASS"


def test_the_window_of_the_patent_in_both_readings_of_its_first_temperature(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, out, _ = run(capsys, "window", "patent:fig3")
    assert "137.5 °C" in out
    series = [f"patent:{s}" for s in ("CE7", "Ex9", "Ex7", "Ex8", "CE8", "CE9")]
    _, out, _ = run(capsys, "window", *series)
    assert "T_l        135 ± 2 °C" in out  # 2.5 K, one digit
    assert "its middle is given" in out


def test_several_solutions_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    lines = SWEEP.splitlines()
    two = [lines[0] + ",polymer fraction (wt%)"] + [f"{row},{w}" for w in (30, 40) for row in lines[1:]]
    Path("two.csv").write_text("\n".join(two), encoding="utf-8")
    code, out, _ = run(capsys, "window", "two.csv", "--json")
    assert code == 0
    assert [w["polymer_fraction"] for w in json.loads(out)["windows"]] == pytest.approx([0.3, 0.4])


def test_judging_joins_a_specimen_with_a_window(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "judge", "patent:Ex7", "--json")
    assert code == 0
    alone = {v["key"]: v["status"] for v in json.loads(out)["claims"]}
    assert alone["claim_1"] == "PASS"
    assert alone["claim_5"] == "UNDECIDED"  # the window is not known
    assert any(m["name"] == "lower_dissolution_limit" for m in json.loads(out)["missing"])
    _, out, _ = run(capsys, "window", "sweep.csv", "--polymer-fraction", "46.6 wt%", "--json")
    result = json.loads(out)["result"]
    code, out, _ = run(capsys, "judge", "patent:Ex7", result, "--json")
    joined = {v["key"]: v["status"] for v in json.loads(out)["claims"]}
    assert joined["claim_5"] == "PASS"
    assert joined["claim_9"] == "NOT_APPLICABLE"  # no resin in it
    assert "not legal advice" in json.loads(out)["disclaimer"]


def test_require_ends_with_one_where_a_claim_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, _ = run(capsys, "judge", "patent:Ex7", "--require", "claim_1")
    assert code == 0
    code, _, err = run(capsys, "judge", "patent:CE8", "--require", "claim_1")
    assert code == 1
    assert "Not met" in err


def test_judging_a_file_of_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "lab", "thickness", "readings.csv")
    code, out, _ = run(capsys, "lab", "thickness", "readings.csv", "--json")
    Path("m.json").write_text(out, encoding="utf-8")
    code, out, _ = run(capsys, "judge", "m.json", "--json")
    assert code == 0
    preferred = {v["key"]: v["status"] for v in json.loads(out)["preferred"]}
    assert preferred["preferred_thickness"] == "PASS"
    Path("bad.json").write_text('{"measurements": [{"name": "x"}]}', encoding="utf-8")
    code, _, err = run(capsys, "judge", "bad.json")
    assert code == 2
    assert "measurement 1" in err


# -- audit -----------------------------------------------------------------------------------------------


def test_the_audit_of_the_patent(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "audit")
    assert code == 0
    assert "findings on 40 specimens" in out
    assert "CE7" in out


def test_the_template_is_audited_as_any_table(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "audit", "--template")
    assert code == 0
    Path("mine.csv").write_text(out, encoding="utf-8")
    code, out, _ = run(capsys, "audit", "mine.csv", "--json")
    assert code == 0
    answer = json.loads(out)
    assert answer["specimens"] == 1
    assert not answer["unread_columns"]
    code, _, err = run(capsys, "audit", "nothing.csv")
    assert code == 2
    assert "no such file" in err


def test_judging_a_table_of_measurements(capsys: pytest.CaptureFixture[str]) -> None:
    Path("m.csv").write_text(
        "name,value,unit,uncertainty\naverage_pore_size,0.14,um,0.01\nmaximum_pore_size,0.21,um,0.01\n",
        encoding="utf-8",
    )
    code, out, _ = run(capsys, "judge", "m.csv", "--json")
    assert code == 0
    ratio = next(m for m in json.loads(out)["measurements"] if m["name"] == "pore_size_ratio")
    assert ratio["value"] == pytest.approx(1.5)
    Path("m.csv").write_text("name,value,unit\naverage_pore_siz,0.14,um\n", encoding="utf-8")
    code, _, err = run(capsys, "judge", "m.csv")
    assert code == 2
    assert "line 2" in err
    assert "average_pore_size" in err


def test_sources_that_contradict_each_other_are_refused_and_those_that_agree_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    head = "name,value,unit,uncertainty\n"
    Path("a.csv").write_text(
        head + "average_pore_size,0.14,um,0.01\nmaximum_pore_size,0.27,um,0.01\n", encoding="utf-8"
    )
    Path("b.csv").write_text(head + "average_pore_size,0.5,um,0.02\n", encoding="utf-8")
    Path("c.csv").write_text(head + "average_pore_size,0.145,um,0.004\n", encoding="utf-8")
    for order in (("a.csv", "b.csv"), ("b.csv", "a.csv"), ("patent:Ex7", "b.csv")):
        code, _, err = run(capsys, "judge", *order)
        assert code == 2
        assert "contradict" in err
    values = []
    for order in (("a.csv", "c.csv"), ("c.csv", "a.csv")):
        code, out, _ = run(capsys, "judge", *order, "--json")
        assert code == 0
        values.append(
            [m["value"] for m in json.loads(out)["measurements"] if m["name"] == "average_pore_size"]
        )
    assert values[0] == values[1] == [pytest.approx(0.145e-6)]  # the more certain of the two, in any order


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"name": "average_pore_size", "value": true, "unit": "m"}', "True"),
        ('{"name": "average_pore_size", "value": -1e-7, "unit": "m"}', "0 or more"),
        (
            '{"name": "average_pore_size", "value": 1e-7, "unit": "m", "uncertainty": -1}',
            "standard deviation",
        ),
        ('{"name": "average_pore_size", "value": NaN, "unit": "m"}', "finite"),
    ],
)
def test_json_is_read_as_strictly_as_a_table(row: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("m.json").write_text(f'{{"measurements": [{row}]}}', encoding="utf-8")
    code, _, err = run(capsys, "judge", "m.json")
    assert code == 2
    assert said in err


def test_the_cloud_point_judged_is_that_of_the_solution(capsys: pytest.CaptureFixture[str]) -> None:
    """Points at several concentrations: that of the recipe, between two on the straight line, beyond them none."""
    from percola.pipeline.judging import _cloud_point

    def fact(w: float) -> list[Measurement]:
        return [Measurement("polymer_weight_fraction", w, "1", region="process")]

    points = [
        Measurement(
            "cloud_point_temperature",
            k,
            "K",
            1.5,
            region=f"{100 * w:g} wt%",
            evidence={"polymer_fraction": w},
        )
        for w, k in ((0.1, 494.0), (0.3, 482.0), (0.4, 467.0))
    ]
    assert [m.value for m in _cloud_point(points, fact(0.3))] == [482.0]
    between = _cloud_point(points, fact(0.35))[0]
    assert between.value == pytest.approx(474.5)
    assert between.uncertainty == pytest.approx((1.5**2 + 5.0**2) ** 0.5)
    beyond = _cloud_point(points, fact(0.466))[0]
    assert beyond.value is None
    assert "10 to 40 wt%" in beyond.reason
    assert _cloud_point(points, []) == points


def test_a_bound_is_shown_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.csv").write_text("sample,volume (ml),count\nfeed,1,100\npermeate,1,0\n", encoding="utf-8")
    code, out, _ = run(capsys, "lab", "retention", "r.csv")
    assert code == 0
    assert "≥ 1." in out
