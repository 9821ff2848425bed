"""One cohort gives the same allele counts from every format; every wrong file is answered by a sentence."""

import gzip
import re

import pandas as pd
import pytest

from simulation.data.pack import data_pack
from simulation.errors import DataError
from simulation.genetics.genotype_names import parse_genotype
from simulation.surveys.read import file_format, read_surveys
from simulation.surveys.variants import BUILDS, match, pack_variants, shortest, tell_build
from tests.survey_files import (
    COHORT,
    TYPED,
    allele_totals,
    cohort_samples,
    halves,
    plink_lines,
    write_allele_csv,
    write_bcf,
    write_genotype_csv,
    write_gnomad_csv,
    write_groups,
    write_index,
    write_plink_acount,
    write_plink_afreq,
    write_vcf,
    write_wide_csv,
)

EXPECTED = {
    (survey, allele): (allele_totals(table)[0][allele], allele_totals(table)[1])
    for survey, table in COHORT.items()
    for allele in TYPED
}


def by_allele(counts):
    """Allele counts of each survey, from genotypes too."""
    table = counts.table
    if counts.kind == "alleles":
        rows = table[table["n_typed"].notna()]
        keys = zip(rows["survey"], rows["allele"], strict=True)
        return dict(zip(keys, zip(rows["n_observed"], rows["n_typed"], strict=True), strict=True))
    found = {}
    for survey, rows in table.groupby("survey"):
        genotypes = {
            "/".join(parse_genotype(text, list(data_pack().alleles)) or "?"): int(n)
            for text, n in zip(rows["genotype"], rows["n"], strict=True)
        }
        n, n_typed = allele_totals({text: k for text, k in genotypes.items() if text != "?"})
        found |= {(survey, allele): (n[allele], n_typed) for allele in TYPED}
    return found


def refusal(*paths, **how):
    with pytest.raises(DataError) as caught:
        read_surveys(list(paths), **how)
    return "\n".join(caught.value.messages)


def written(folder, text, name="mine.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def plink_pair(folder, write, **how):
    end = ".acount" if write is write_plink_acount else ".afreq"
    return [write(folder, table, name=f"{survey}{end}", **how) for survey, table in COHORT.items()]


def vcf_pair(folder, **how):
    return [write_vcf(folder, {s: table}, name=f"{s}.vcf", sites_only=True, **how) for s, table in COHORT.items()]


SAME = {
    "long": lambda d: [write_genotype_csv(d)],
    "wide": lambda d: [write_wide_csv(d)],
    "alleles": lambda d: [write_allele_csv(d)],
    "gnomad v2": lambda d: [write_gnomad_csv(d, version="v2")],
    "gnomad v4": lambda d: [write_gnomad_csv(d, version="v4")],
    "acount": lambda d: plink_pair(d, write_plink_acount),
    "acount GRCh37": lambda d: plink_pair(d, write_plink_acount, build="GRCh37", pos=True, joined=True),
    "acount rsID": lambda d: plink_pair(d, write_plink_acount, ids="rsid"),
    "acount swapped": lambda d: plink_pair(d, write_plink_acount, swapped=("Z", "S", "Mmalton")),
    "afreq": lambda d: plink_pair(d, write_plink_afreq),
    "afreq swapped": lambda d: plink_pair(d, write_plink_afreq, swapped=("Z",), joined=True, pos=True),
}
SAME_VCF = {
    "sites GRCh38": lambda d: vcf_pair(d),
    "sites GRCh37 chr14": lambda d: vcf_pair(d, build="GRCh37", chromosome="chr14"),
    "sites apart": lambda d: vcf_pair(d, joined=False, length=False),
}


@pytest.mark.parametrize("paths", SAME.values(), ids=SAME)
def test_every_format_gives_the_same_allele_counts(tmp_path, paths):
    counts = read_surveys(paths(tmp_path))
    assert by_allele(counts) == EXPECTED
    assert counts.table["place"].str.contains("line ").all()


@pytest.mark.parametrize("paths", SAME_VCF.values(), ids=SAME_VCF)
def test_vcf_without_samples_gives_the_same_allele_counts(tmp_path, paths):
    pytest.importorskip("cyvcf2")
    counts = read_surveys(paths(tmp_path))
    assert counts.kind == "alleles"
    assert by_allele(counts) == EXPECTED


@pytest.mark.parametrize("joined", [True, False], ids=["multi-allelic", "split"])
@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("packed", ["vcf", "vcf.gz", "bcf", "bgzip"])
def test_vcf_with_samples_gives_the_same_genotypes(tmp_path, build, joined, packed):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path, build=build, joined=joined, name="cohort.vcf.gz" if packed == "vcf.gz" else "cohort.vcf")
    if packed in ("bcf", "bgzip"):
        path = write_bcf(tmp_path, path, f"packed.{packed}", "wb" if packed == "bcf" else "wz")
    counts = read_surveys([path], groups=write_groups(tmp_path))
    assert by_allele(counts) == EXPECTED
    found = {
        (r.survey, parse_genotype(r.genotype, list(data_pack().alleles))): int(r.n) for r in counts.table.itertuples()
    }
    names = list(data_pack().alleles)
    assert found == {
        (survey, tuple(sorted(halves(genotype), key=names.index))): n
        for survey, table in COHORT.items()
        for genotype, n in table.items()
    }
    assert set(counts.table["panel"]) == {",".join(a for a in pack_variants() if a in TYPED)}
    assert any("in trans" in note for note in counts.notes)


def test_without_groups_a_vcf_is_one_survey(tmp_path):
    pytest.importorskip("cyvcf2")
    counts = read_surveys([write_vcf(tmp_path)])
    assert set(counts.table["survey"]) == {"cohort"}
    assert counts.table["n"].map(int).sum() == sum(sum(table.values()) for table in COHORT.values())
    assert any("not typed, because without a record that passed: F, I" in note for note in counts.notes)


# --- CSV -------------------------------------------------------------------------------------------------------------

LONG = "survey,genotype,n\nHere,MM,90\nHere,MZ,10\n"


@pytest.mark.parametrize(
    "content",
    [
        LONG,
        LONG.replace("\n", "\r\n"),
        LONG.replace("\n", "\r"),
        LONG.replace(",", ";"),
        LONG.replace(",", "\t"),
        b"\xef\xbb\xbf" + LONG.encode(),
        gzip.compress(LONG.encode()),
        "# my survey\n\n" + LONG,
        LONG.replace("\nHere,MZ", "\n\n  \nHere,MZ"),
        LONG.replace("\n", ",,\n"),
        LONG.replace("Here,MM", '" Here",  "MM"'),
        LONG.rstrip("\n"),
        "SURVEY,Genotype,N\nHere,MM,90\nHere,MZ,10\n",
    ],
    ids=[
        "plain",
        "crlf",
        "cr",
        "semicolon",
        "tab",
        "bom",
        "gzip",
        "comment",
        "blank",
        "trailing",
        "quoted",
        "unended",
        "case",
    ],
)
def test_csv_as_people_save_it(tmp_path, content):
    counts = read_surveys([written(tmp_path, content)])
    assert counts.table[["survey", "genotype", "n"]].to_numpy().tolist() == [["Here", "MM", "90"], ["Here", "MZ", "10"]]


def test_csv_cells_are_passed_on_as_written(tmp_path):
    table = read_surveys([written(tmp_path, "genotype,n,panel\n PI*MNA ,many,S Z\nNA,,\n")]).table
    assert table.to_numpy().tolist() == [
        ["mine", "PI*MNA", "many", "mine.csv line 2", "S Z"],
        ["mine", "NA", "", "mine.csv line 3", ""],
    ]


def test_wide_csv_with_what_was_not_typed(tmp_path):
    table = read_surveys([written(tmp_path, "PI*MM;M/Z;./.;not_typed;panel\n90;10;3;50;S,Z\n")]).table
    assert table["genotype"].tolist() == ["PI*MM", "M/Z", "./.", "not_typed"]
    assert table["n"].tolist() == ["90", "10", "3", "50"]
    assert set(table["panel"]) == {"S,Z"}
    assert table["place"][1] == "mine.csv line 2 column M/Z"


def test_allele_csv_keeps_what_is_missing(tmp_path):
    counts = read_surveys([written(tmp_path, "allele,n_observed,n_typed\nz,4,200\nS,0,0\nF,,\n")])
    assert counts.table["n_observed"].tolist() == [4, None, None]
    assert counts.table["n_typed"].tolist() == [200, None, None]
    assert counts.table["allele"].tolist() == ["Z", "S", "F"]
    assert counts.notes == ("mine.csv: no chromosome was typed for mine (S, F); this is missing, not a frequency of 0",)


BAD_CSV = {
    "empty": ("", r"mine\.csv: the file is empty"),
    "blank": ("\n\n# only a comment\n", r"mine\.csv: the file is empty"),
    "only commas": (",,\n,,\n", r"mine\.csv: the file is empty"),
    "header only": ("genotype,n\n", r"mine\.csv: has a header and no rows"),
    "ragged": (
        "genotype,n\nMM,1,2\nMZ,2\nSS\n",
        r"the header has 2 cells, but line 2 has 3, line 4 has 1; cells are parted by comma",
    ),
    "spaces": (
        "genotype n\nMM 90\n",
        r"line 1: the cells of the header are parted by spaces; .* comma, semicolon or tab",
    ),
    "pipes": ("genotype|n\nMM|90\n", r"parted by a pipe \|; they must be parted by comma, semicolon or tab"),
    "utf-16": (LONG.encode("utf-16"), r"this is UTF-16 text; save it as CSV UTF-8"),
    "utf-16 without bom": (LONG.encode("utf-16-le"), r"line 1: holds a zero byte; it may be UTF-16"),
    "latin-1": ("survey,genotype,n\nK\xf6ln,MM,9\n".encode("latin-1"), r"line 2: not UTF-8 text \(byte 0xf6\)"),
    "excel": (b"PK\x03\x04rest\n", r"this is an Excel workbook"),
    "zstd": (b"\x28\xb5\x2f\xfdrest\n", r"this is a zstd file; unpack it first"),
    "cut gzip": (gzip.compress(LONG.encode())[:-9], r"mine\.csv: the file ends early; copy or download it again"),
    "damaged gzip": (gzip.compress(LONG.encode())[:-8] + b"12345678", r"cannot be unpacked, it is damaged"),
    "open quote": ('genotype,n\n"MM,90\n', r"not a table .*quotation mark that is not closed"),
    "unknown column": (
        "genotyp,n\nMM,9\n",
        r"unknown column genotyp; did you mean genotype\?.*\n.*genotype is missing",
    ),
    "extra column": (
        "genotype,n,year\nMM,9,1\n",
        r"line 1: unknown column year; columns are survey, genotype, n, panel",
    ),
    "column twice": ("genotype,n,n\nMM,9,1\n", r"column n occurs twice; keep one"),
    "no n": ("survey,genotype\nHere,MM\n", r"column n is missing"),
    "wide unknown": ("surveyy,MM\nHere,9\n", r"unknown column surveyy; did you mean survey\?"),
    "wide allele": ("survey,MM,MZZ9\nHere,9,1\n", r"unknown column MZZ9; it names an unknown allele"),
    "wide without genotype": ("survey,panel\nHere,S\n", r"no column of a genotype"),
    "wide unnamed": ("MM,,MZ\n9,1,2\n", r"column 2 has no name"),
    "wide survey twice": ("survey,Survey,MM\na,b,9\n", r"column Survey occurs twice"),
    "no survey name": ("survey,genotype,n\n,MM,9\n,MZ,1\n", r"line 2, 3: survey is empty"),
    "allele unknown": ("allele,n_observed,n_typed\nMmaltn,1,9\n", r"unknown allele Mmaltn; did you mean Mmalton\?"),
    "allele twice": ("allele,n_observed,n_typed\nZ,1,9\nz,1,9\n", r"line 3: mine has Z twice, first in line 2"),
    "allele above": ("allele,n_observed,n_typed\nZ,10,9\n", r"n_observed = 10 is more than n_typed = 9"),
    "allele fraction": (
        "allele,n_observed,n_typed\nZ,0.5,9\nS,-1,9\n",
        r"n_observed = 0\.5;.*\n.*n_observed = -1; it must",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), BAD_CSV.values(), ids=BAD_CSV)
def test_bad_csv(tmp_path, content, sentence):
    assert re.search(sentence, refusal(written(tmp_path, content)), re.DOTALL)


def test_files_that_are_not_there(tmp_path):
    path = write_genotype_csv(tmp_path)
    assert "no such file; did you mean cohort.csv?" in refusal(path.with_name("cohrt.csv"))
    assert "is a folder" in refusal(tmp_path)
    assert "no survey file was named" in refusal()


def test_mistakes_of_all_files_are_reported_together(tmp_path):
    text = refusal(written(tmp_path, "", "a.csv"), written(tmp_path, "genotype,n\n", "b.csv"))
    assert "a.csv: the file is empty" in text
    assert "b.csv: has a header" in text


def test_kinds_are_not_mixed_and_surveys_not_joined(tmp_path):
    genotypes, alleles = write_genotype_csv(tmp_path), write_allele_csv(tmp_path)
    assert "cohort.csv has genotypes and alleles.csv has alleles" in refusal(genotypes, alleles)
    other = write_wide_csv(tmp_path)
    assert "wide.csv: survey Borduria is also in cohort.csv; give each its own name" in refusal(genotypes, other)


def test_groups_need_a_vcf(tmp_path):
    assert "groups are of the samples of a VCF" in refusal(write_genotype_csv(tmp_path), groups=write_groups(tmp_path))


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (write_genotype_csv, "csv"),
        (write_gnomad_csv, "gnomad"),
        (lambda d, name: write_plink_acount(d, COHORT["Borduria"], name=name), "plink"),
        (write_vcf, "vcf"),
    ],
)
def test_content_decides_whatever_the_name(tmp_path, write, kind):
    path = write(tmp_path, name="data.txt")
    assert file_format(path) == kind
    packed = written(tmp_path, gzip.compress(path.read_bytes()), "data")
    assert file_format(packed) == kind


# --- gnomAD ----------------------------------------------------------------------------------------------------------


def edited(folder, change, version="v4"):
    """A gnomAD table of which `change` alters the row of Z."""

    def edit(header, rows):
        change(header, {allele: row for allele, row in zip(TYPED, rows, strict=True)}["Z"], rows)

    return write_gnomad_csv(folder, version=version, edit=edit)


def test_gnomad_says_what_is_missing(tmp_path):
    counts = read_surveys([write_gnomad_csv(tmp_path)])
    amish = counts.table[counts.table["survey"] == "Amish"]
    assert amish["n_observed"].tolist() == [None] * len(TYPED)
    notes = "\n".join(counts.notes)
    assert "no chromosome was typed for Middle Eastern (S, Z, Mmalton, Siiyama), Remaining" in notes
    assert "gnomad.csv (GRCh38): not typed, because not in the table: F, I, Mwurzburg" in notes


def test_gnomad_total_only_without_populations(tmp_path):
    def totals(header, rows):
        header[:] = [name for name in header if name in ("Allele Count", "Allele Number") or name.count("Count") == 0]
        header[:] = [name for name in header if name == "Allele Number" or "Allele Number" not in name]

    table = read_surveys([write_gnomad_csv(tmp_path, edit=totals)]).table
    assert set(table["survey"]) == {"gnomad"}
    assert table["n_typed"].tolist() == [2 * sum(sum(t.values()) for t in COHORT.values())] * len(TYPED)


def test_gnomad_rows_left_out_are_named(tmp_path):
    def change(header, z, rows):
        z |= {"Filters - exomes": "NA", "Filters - genomes": "AC0", "Filters - joint": "AC0"}
        rows[0] |= {"Filters - genomes": "RF"}
        rows.append({**z, "gnomAD ID": "14-94379000-A-G", "Position": "94379000", "Reference": "A", "Alternate": "G"})

    counts = read_surveys([edited(tmp_path, change)])
    notes = "\n".join(counts.notes)
    assert "Z is left out: Filters - genomes = AC0, Filters - joint = AC0" in notes
    assert "S is kept although Filters - genomes = RF" in notes
    assert "1 row of another variant was not used" in notes
    assert "Z" not in set(counts.table["allele"])


def test_gnomad_columns_that_are_no_populations(tmp_path):
    def change(header, z, rows):
        header += ["Allele Count XX", "Allele Number XX", "Allele Count European", "Allele Number European"]
        header += ["Allele Count Borduria", "Allele Number Borduria"]  # twice, as one version of the browser writes

    counts = read_surveys([edited(tmp_path, change)])
    notes = "\n".join(counts.notes)
    assert "XX is not a population" in notes
    assert "European has no counts at all and is left out" in notes
    assert "Borduria has two columns that agree" in notes
    assert {key: n for key, n in by_allele(counts).items() if key in EXPECTED} == EXPECTED


def put(**cells):
    names = {key.replace("_", " "): value for key, value in cells.items()}
    return lambda header, z, rows: z.update(names)


def swap(header, z, rows):
    z |= {"Reference": "T", "Alternate": "C", "gnomAD ID": ""}


def reverse(header, z, rows):
    z |= {"Reference": "G", "Alternate": "A", "gnomAD ID": ""}


def swap_s(header, z, rows):
    rows[0] |= {"Reference": "A", "Alternate": "T", "gnomAD ID": ""}


def other_build(header, z, rows):
    z |= {"Position": "94844947", "gnomAD ID": ""}


BAD_GNOMAD = {
    "above": (
        put(Allele_Count_Borduria="500"),
        "line 3: Z of Borduria has Allele Count Borduria = 500, more than Allele Number Borduria = 400",
    ),
    "negative": (
        put(Allele_Count_Borduria="-1"),
        "Z has Allele Count Borduria = -1; it must be a whole number, 0 or more",
    ),
    "fraction": (
        put(Allele_Number_Borduria="399.5"),
        "Z has Allele Number Borduria = 399.5; it must be a whole number",
    ),
    "empty": (put(Allele_Count_Borduria=""), "Z has Allele Count Borduria = nothing"),
    "count of none": (
        put(Allele_Number_Borduria="0"),
        "Z has Allele Count Borduria = 26, but Allele Number Borduria = 0",
    ),
    "twice": (lambda header, z, rows: rows.append(z), "line 6: Z occurs twice, first in line 3; keep one"),
    "swapped": (swap, "T>C has reference and alternate swapped: Z is C>T at 94378610 of GRCh38"),
    "strand": (reverse, "line 3: G>A is of the reverse strand: Z is C>T"),
    "palindromic": (swap_s, "A>T has reference and alternate swapped or is of the reverse strand: S is T>A"),
    "builds": (other_build, "3 at positions of GRCh38 and 1 at positions of GRCh37; one file must be of one build"),
    "position": (put(Position="here"), "line 3: Position = here; it must be a whole number"),
    "id": (put(Position="94378611"), "line 3: gnomAD ID 14-94378610-C-T contradicts 14, 94378611, C, T"),
    "pair": (
        lambda header, z, rows: header.remove("Allele Number Amish"),
        "Allele Count Amish has no column Allele Number",
    ),
    "column": (
        lambda header, z, rows: header.remove("Allele Number"),
        "column Allele Number is missing; export it again",
    ),
    "none": (
        lambda header, z, rows: [row.update(Chromosome="1", **{"gnomAD ID": ""}) for row in rows],
        "no SERPINA1 variant",
    ),
    "all failed": (
        lambda header, z, rows: [row.update({"Filters - exomes": "RF", "Filters - joint": "RF"}) for row in rows],
        "nothing is left to count",
    ),
}


@pytest.mark.parametrize(("change", "sentence"), BAD_GNOMAD.values(), ids=BAD_GNOMAD)
def test_bad_gnomad(tmp_path, change, sentence):
    assert sentence in refusal(edited(tmp_path, change))


# --- plink -----------------------------------------------------------------------------------------------------------

HEAD = "#CHROM\tID\tREF\tALT\tALT_CTS\tOBS_CT\n"
FREQ = HEAD.replace("ALT_CTS", "ALT_FREQS")
Z_ROW = "14\t14:94378610:C:T\tC\tT\t20\t1000\n"


def test_plink_columns_in_any_order(tmp_path):
    path = written(
        tmp_path, "#CHROM\tOBS_CT\tALT_CTS\tALT\tREF\tID\nchr14\t1000\t20\tT\tC\tchr14_94378610_C_T\n", "x.acount"
    )
    assert by_allele(read_surveys([path])) == {("x", "Z"): (20, 1000)}


def test_plink_missing_and_unvaried(tmp_path):
    rows = "14\trs28929474\tC\tT\t0\t0\n14\t14:94380925\tT\t.\t.\t1000\n14\trs28929470\tG\t.\t0\t900\n1\trs1\tA\tG\t5\t10\n"
    path = written(tmp_path, HEAD + rows + "14\t14:94379000\tA\tG\t5\t10\n", "x.acount")
    counts = read_surveys([path])
    assert by_allele(counts) == {("x", "S"): (0, 1000), ("x", "F"): (0, 900)}
    assert "no chromosome was typed for x (Z)" in counts.notes[-1]
    assert "1 row of another variant was not used" in counts.notes[0]


def test_plink_loop_cats_names_are_surveys(tmp_path):
    paths = [written(tmp_path, HEAD + Z_ROW, f"all.{group}.acount") for group in ("A", "B")]
    assert read_surveys(paths).table["survey"].tolist() == ["all.A", "all.B"]


@pytest.mark.parametrize(
    ("n", "n_typed"), [(1, 3), (2, 7), (331, 99_999), (1, 200_000), (7, 7), (0, 9), (40_000, 499_999)]
)
def test_afreq_gives_back_the_count(tmp_path, n, n_typed):
    path = written(tmp_path, FREQ + f"14\t14:94378610\tC\tT\t{n / n_typed:.6g}\t{n_typed}\n", "x.afreq")
    assert by_allele(read_surveys([path])) == {("x", "Z"): (n, n_typed)}


BAD_PLINK = {
    "empty": ("acount", "", "the file is empty; make it again with plink2 --freq counts"),
    "header only": ("acount", HEAD, "has a header and no rows"),
    "odd": (
        "acount",
        "CHR SNP A1 A2 MAF NCHROBS\n14 rs1 A G 0.1 10\n",
        "begins with CHR; a plink2 table begins with #CHROM",
    ),
    "no counts": (
        "acount",
        HEAD.replace("ALT_CTS", "ALT_CT") + Z_ROW,
        "ALT_CTS (or ALT_FREQS) is missing; did you mean ALT_CT?",
    ),
    "no typed": ("acount", HEAD.replace("\tOBS_CT", "\tN") + Z_ROW, "column OBS_CT is missing"),
    "twice column": ("acount", HEAD.replace("REF", "ALT_CTS\tREF") + Z_ROW, "column ALT_CTS occurs twice"),
    "ragged": ("acount", HEAD + Z_ROW + "14\tx\n", "the header has 6 cells, but line 3 has 2"),
    "cut": (
        "acount",
        HEAD + Z_ROW.rstrip("\n"),
        "line 2: has no line end; the file ends early; copy or download it again",
    ),
    "dosage": (
        "acount",
        HEAD + Z_ROW.replace("20", "20.5"),
        "ALT_CTS = 20.5; it must be a whole number, 0 or more; count hard",
    ),
    "negative": ("acount", HEAD + Z_ROW.replace("20", "-2"), "ALT_CTS = -2; it must be a whole number"),
    "above": ("acount", HEAD + Z_ROW.replace("20", "2000"), "ALT_CTS = 2000 is more than OBS_CT = 1000"),
    "typed": (
        "acount",
        HEAD + Z_ROW.replace("1000", "many"),
        "OBS_CT = many; it must be a whole number of chromosomes",
    ),
    "values": ("acount", HEAD + Z_ROW.replace("20", "20,1"), "ALT_CTS has 2 values, but ALT has 1 alleles"),
    "twice": ("acount", HEAD + Z_ROW + Z_ROW, "line 3: Z occurs twice, first in x.acount line 2; keep one"),
    "strand": ("acount", HEAD + "14\trs28929474\tG\tA\t20\t1000\n", "G>A is of the reverse strand: Z is C>T"),
    "palindromic": (
        "acount",
        HEAD + "14\trs17580\tA\tT\t40\t1000\n",
        "would make it the allele of 960 of 1000 chromosomes; S is T>A at 94380925 of GRCh38; the bases may be of",
    ),
    "position": (
        "acount",
        HEAD
        + Z_ROW
        + "14\trs17580\tT\tA\t40\t1000\n".replace("14\t", "14\t").replace("rs17580", "14:93917015;rs17580"),
        None,
    ),
    "no variant": ("acount", HEAD + "1\trs1\tC\tT\t20\t1000\n", "no SERPINA1 variant of the data pack was found"),
    "builds": (
        "acount",
        HEAD + Z_ROW + "14\t14:94847262\tT\tA\t20\t1000\n",
        "1 at positions of GRCh38 and 1 at positions of",
    ),
    "frequency": (
        "afreq",
        FREQ + Z_ROW.replace("20", "0.0123"),
        "ALT_FREQS = 0.0123 times OBS_CT = 1000 is 12.3, which is no",
    ),
    "ambiguous": (
        "afreq",
        FREQ + "14\t14:94378610\tC\tT\t0.123457\t9000000\n",
        "may be 1111109 to 1111117 chromosomes",
    ),
    "range": ("afreq", FREQ + Z_ROW.replace("20", "1.5"), "ALT_FREQS = 1.5; it must be at least 0 and at most 1"),
    "text": ("afreq", FREQ + Z_ROW.replace("20", "often"), "ALT_FREQS = often; it must be at least 0"),
    "pos": (
        "acount",
        HEAD.replace("ID", "POS\tID") + Z_ROW.replace("14:9", "here\t14:9"),
        "line 2: POS = here; it must be",
    ),
}
del BAD_PLINK["position"]


@pytest.mark.parametrize(("end", "content", "sentence"), BAD_PLINK.values(), ids=BAD_PLINK)
def test_bad_plink(tmp_path, end, content, sentence):
    assert sentence in refusal(written(tmp_path, content, f"x.{end}"))


def test_plink_of_an_older_build(tmp_path):
    head = HEAD.replace("ID", "POS\tID")
    path = written(tmp_path, head + "14\t93914700\trs28929474\tC\tT\t20\t1000\n", "x.acount")
    assert "rs28929474 is at 93914700; Z is C>T at 94378610 of GRCh38 and at 94844947 of GRCh37" in refusal(path)


def test_plink_lines_follow_the_format():
    head, *rows = plink_lines(COHORT["Borduria"], joined=True)
    assert head == "#CHROM\tID\tREF\tALT\tPROVISIONAL_REF?\tALT_CTS\tOBS_CT"
    assert rows[-1] == "14\tchr14_94383008_GAGA_G\tGAGA\tG,AAGA\tY\t3,1\t400"


# --- VCF -------------------------------------------------------------------------------------------------------------


def test_vcf_needs_cyvcf2(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cyvcf2", None)
    assert "install aatd-simulation[vcf]" in refusal(write_vcf(tmp_path))


def in_z(old, new, column=None):
    """Change the record of Z, which comes first: one of its columns, or all."""

    def edit(header, records):
        cells = records[0].split("\t")
        if column is None:
            records[0] = records[0].replace(old, new)
        else:
            cells[column] = new
            records[0] = "\t".join(cells)

    return edit


@pytest.mark.parametrize("call", ["./1", "0/.", "./.", ".", "1", "0", "0/0/1"])
def test_what_is_not_fully_called_is_missing_never_m(tmp_path, call):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path, edit=in_z("", call, column=9))  # the first sample, M/M otherwise
    counts = read_surveys([path])
    assert counts.table.set_index("genotype")["n"]["./."] == "1"
    assert counts.table.set_index("genotype")["n"]["M/M"] == "329"
    assert "no full call at a typed position in 1 of 400 samples, which are missing, not M: p000" in "\n".join(
        counts.notes
    )


def test_more_than_two_alleles_are_missing(tmp_path):
    pytest.importorskip("cyvcf2")

    def edit(header, records):
        for number in (0, 1):
            cells = records[number].split("\t")
            cells[9:16] = ["1/1"] * 7
            records[number] = "\t".join(cells)

    counts = read_surveys([write_vcf(tmp_path, edit=edit)])
    sentence = (
        "more than two deficiency alleles in 7 of 400 samples, which are missing, not M: p000, p001, p002, p003, p004"
    )
    assert any(note.endswith(f"{sentence} and 2 more") for note in counts.notes)


def test_records_that_failed_are_not_typed(tmp_path):
    pytest.importorskip("cyvcf2")
    counts = read_surveys([write_vcf(tmp_path, edit=in_z("\tPASS\t", "\tLowQual\t"))])
    assert set(counts.table["panel"]) == {"S,Mmalton,Siiyama"}
    notes = "\n".join(counts.notes)
    assert "cohort.vcf 14:94378610: Z left out: FILTER = LowQual" in notes
    assert re.search("not typed, because without a record that passed: Z, F", notes)


def test_a_record_without_alternate_is_typed(tmp_path):
    pytest.importorskip("cyvcf2")

    def edit(header, records):
        cells = records[0].split("\t")
        records[0] = "\t".join([*cells[:4], ".", *cells[5:7], "AN=800", "GT", *["0/0"] * (len(cells) - 9)])

    counts = read_surveys([write_vcf(tmp_path, edit=edit)])
    assert set(counts.table["panel"]) == {"S,Z,Mmalton,Siiyama"}
    assert by_allele(counts)["cohort", "Z"] == (0, 800)


def test_groups_file(tmp_path):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path)
    for sep, header in ((",", True), (" ", False), ("\t", False)):
        groups = write_groups(tmp_path, sep=sep, header=header)
        assert set(read_surveys([path], groups=groups).table["survey"]) == set(COHORT)
    with groups.open("a") as file:
        file.write("stranger\tBorduria\n")
    assert any(
        "1 samples are not in cohort.vcf and were not used: stranger" in n
        for n in read_surveys([path], groups=groups).notes
    )


def test_bad_groups_file(tmp_path):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path)
    names = list(cohort_samples())
    few = written(tmp_path, "".join(f"{name}\tA\n" for name in names[7:]), "few.tsv")
    assert (
        "few.tsv: 7 of the 400 samples of cohort.vcf have no group: p000, p001, p002, p003, p004 and 2 more"
        in refusal(path, groups=few)
    )
    odd = written(tmp_path, "p000\tA\tB\np001\n" + "".join(f"{name}\tA\n" for name in names) + "p009\tB\n", "odd.tsv")
    text = refusal(path, groups=odd)
    assert "odd.tsv line 1: has 3 cells; it must have a sample and a group" in text
    assert "odd.tsv line 2: has 1 cells" in text
    assert "sample p009 is in A already; keep one" in text
    assert "no such file" in refusal(path, groups=tmp_path / "none.tsv")


def other_header(header, records):
    header[:] = [line.replace("107043718", "107349540") for line in header]


def moved(header, records):
    records[0] = records[0].replace("94378610", "94844947")


def unended(header, records):
    records[-1] = records[-1].rsplit("\t", 1)[0]


BAD_VCF = {
    "other build": (
        other_header,
        "the header says GRCh37, but SERPINA1 variants are found only at positions of GRCh38",
    ),
    "swapped": (in_z("\tC\tT\t", "\tT\tC\t"), "14:94378610: T>C has reference and alternate swapped: Z is C>T"),
    "strand": (in_z("\tC\tT\t", "\tG\tA\t"), "G>A is of the reverse strand"),
    "reference": (in_z("\tC\tT\t", "\tA\tG\t"), "cohort.vcf 14:94378610: A>G"),
    "twice": (lambda h, r: r.insert(0, r[0]), "cohort.vcf 14:94378610: Z occurs twice; keep one record"),
    "no genotypes": (in_z("\tGT\t", "\tDP\t"), "14:94378610: has no genotypes (GT) in FORMAT"),
    "call": (in_z("\t0/0\t", "\t0/x\t"), "not a whole VCF or BCF file"),
    "cells": (unended, "not a whole VCF or BCF file"),
    "no records": (lambda h, r: r.clear(), "no SERPINA1 variant of the data pack was found"),
    "no header": (lambda h, r: h.pop(), "not a whole VCF or BCF file"),
    "all failed": (
        lambda h, r: r.__setitem__(slice(None), [x.replace("PASS", "LowQual") for x in r]),
        "nothing is left to count",
    ),
}


@pytest.mark.parametrize(("edit", "sentence"), BAD_VCF.values(), ids=BAD_VCF)
def test_bad_vcf(tmp_path, capfd, edit, sentence):
    pytest.importorskip("cyvcf2")
    assert sentence in refusal(write_vcf(tmp_path, edit=edit))
    assert capfd.readouterr().err == ""


def test_two_builds_without_a_header(tmp_path):
    pytest.importorskip("cyvcf2")
    text = refusal(write_vcf(tmp_path, edit=moved, length=False))
    assert "2 at positions of GRCh38 and 1 at positions of GRCh37; one file must be of one build" in text


BAD_SITES = {
    "no AC": (in_z("", "AN=800", column=7), "INFO must have AN and one AC for each ALT; here AN = 800, AC = None"),
    "above": (in_z("", "AC=900;AN=800", column=7), "Z has AC = 900; it must be at least 0 and at most AN = 800"),
    "negative": (in_z("", "AC=-3;AN=800", column=7), "Z has AC = -3; it must be at least 0"),
}


@pytest.mark.parametrize(("edit", "sentence"), BAD_SITES.values(), ids=BAD_SITES)
def test_bad_vcf_without_samples(tmp_path, edit, sentence):
    pytest.importorskip("cyvcf2")
    assert sentence in refusal(write_vcf(tmp_path, sites_only=True, edit=edit))


def test_vcf_without_samples(tmp_path):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path, sites_only=True, edit=in_z("", "AC=0;AN=0", column=7))
    counts = read_surveys([path])
    assert counts.table.set_index("allele")["n_typed"]["Z"] is None
    assert "no chromosome was typed for cohort (Z)" in counts.notes[-1]
    assert "has no samples, so groups.tsv cannot be used" in refusal(path, groups=write_groups(tmp_path))


def test_a_damaged_record_of_an_undefined_chromosome(tmp_path):
    pytest.importorskip("cyvcf2")  # which crashes on it when left alone

    def edit(header, records):
        header[:] = [line for line in header if "contig" not in line]
        records[0] = records[0].replace("0/0", "0/x", 1)

    assert "not a whole VCF or BCF file" in refusal(write_vcf(tmp_path, edit=edit))
    joined = write_vcf(tmp_path, name="b.vcf", edit=lambda header, records: records.insert(1, "no tab here"))
    assert "line 9: does not begin with a chromosome and a tab" in refusal(joined)


def test_a_fresh_index_is_used(tmp_path):
    pytest.importorskip("cyvcf2")
    path = write_bcf(tmp_path, write_vcf(tmp_path), "indexed.vcf.gz", "wz")
    write_index(path)
    assert by_allele(read_surveys([path], groups=write_groups(tmp_path))) == EXPECTED


@pytest.mark.parametrize("cut", [1, 28, 60, 500])
@pytest.mark.parametrize("packed", ["vcf", "vcf.gz", "bcf", "bgzip"])
def test_vcf_that_ends_early(tmp_path, packed, cut):
    pytest.importorskip("cyvcf2")
    path = write_vcf(tmp_path, name="cohort.vcf.gz" if packed == "vcf.gz" else "cohort.vcf")
    if packed in ("bcf", "bgzip"):
        path = write_bcf(tmp_path, path, f"packed.{packed}", "wb" if packed == "bcf" else "wz")
    short = written(tmp_path, path.read_bytes()[:-cut], f"short.{path.name.split('.', 1)[1]}")
    text = refusal(short)
    assert "the file ends early" in text or "it may end early" in text


def test_an_empty_vcf(tmp_path):
    assert "x.vcf: the file is empty" in refusal(written(tmp_path, "", "x.vcf"))


# --- variants --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("build", BUILDS)
def test_every_variant_of_the_data_pack_is_found_at_its_own_position(build):
    side = BUILDS.index(build)
    for variant in pack_variants().values():
        assert match(variant.positions[side], variant.ref, variant.alt, build) == ("same", variant)
        assert match(variant.positions[1 - side], variant.ref, variant.alt, build) == ("other", None)
        # written with a base more on both sides
        assert shortest(variant.positions[side], variant.ref + "AC", variant.alt + "AC")[0] == variant.positions[side]
    assert len({shortest(v.positions[side], v.ref, v.alt) for v in pack_variants().values()}) == len(pack_variants())


def test_counts_stay_whole_numbers(tmp_path):
    table = read_surveys([write_gnomad_csv(tmp_path)]).table
    assert {type(n) for n in table["n_observed"]} == {int, type(None)}
    assert isinstance(table, pd.DataFrame)


def test_the_header_settles_the_build():
    assert tell_build("x.vcf", ["GRCh38", "GRCh37"], "GRCh37") == "GRCh37"
