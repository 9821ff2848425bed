"""One synthetic cohort, written in every format that simulation.surveys reads."""

import gzip
import struct

from simulation.surveys.variants import BUILDS, LENGTHS, pack_variants

VARIANTS = pack_variants()
# genotype → people; every person was typed for S, Z, Mmalton and Siiyama, of which the last two share a position
COHORT = {
    "Borduria": {"MM": 150, "MS": 20, "MZ": 18, "SZ": 4, "SS": 3, "ZZ": 2, "M/Mmalton": 2, "Mmalton/Siiyama": 1},
    "Syldavia": {"MM": 180, "MS": 12, "MZ": 5, "SZ": 1, "M/Siiyama": 2},
}
TYPED = ("S", "Z", "Mmalton", "Siiyama")
# population columns of each version of the browser, besides the ones of the cohort
EXTRA = {"v2": ("Ashkenazi Jewish",), "v4": ("Middle Eastern", "Remaining", "Amish")}


def halves(genotype):
    return tuple(genotype.split("/")) if "/" in genotype else tuple(genotype)


def allele_totals(counts, typed=TYPED):
    """Chromosomes of each typed allele, and of all."""
    n = {allele: sum(k * halves(g).count(allele) for g, k in counts.items()) for allele in typed}
    return n, 2 * sum(counts.values())


def write_genotype_csv(folder, counts=COHORT, name="cohort.csv"):
    path = folder / name
    rows = [f"{survey},{genotype},{n}" for survey, table in counts.items() for genotype, n in table.items()]
    path.write_text("\n".join(["survey,genotype,n", *rows]) + "\n")
    return path


def write_wide_csv(folder, counts=COHORT, name="wide.csv"):
    path = folder / name
    genotypes = list(dict.fromkeys(genotype for table in counts.values() for genotype in table))
    rows = [",".join([survey, *(str(table.get(g, 0)) for g in genotypes)]) for survey, table in counts.items()]
    path.write_text("\n".join([",".join(["survey", *genotypes]), *rows]) + "\n")
    return path


def write_allele_csv(folder, counts=COHORT, name="alleles.csv"):
    path = folder / name
    rows = []
    for survey, table in counts.items():
        n, n_typed = allele_totals(table)
        rows += [f"{survey},{allele},{n[allele]},{n_typed}" for allele in TYPED]
    path.write_text("\n".join(["survey,allele,n_observed,n_typed", *rows]) + "\n")
    return path


def gnomad_rows(counts_by_population=COHORT, version="v4"):
    """Header and rows as the browser writes them; populations without counts are blank or have AN = 0."""
    build = {"v2": "GRCh37", "v4": "GRCh38"}[version]
    header = ["gnomAD ID", "Chromosome", "Position", "rsIDs", "Reference", "Alternate", "Source"]
    header += ["Filters - exomes", "Filters - genomes", "Transcript", "HGVS Consequence", "Protein Consequence"]
    header += ["Transcript Consequence", "VEP Annotation", "ClinVar Germline Classification", "ClinVar Variation ID"]
    header += ["Flags", "Allele Count", "Allele Number", "Allele Frequency", "Homozygote Count", "Hemizygote Count"]
    header += ["Filters - joint", "GroupMax FAF group"] if version == "v4" else ["Exome GroupMax FAF group"]
    populations = [*counts_by_population, *EXTRA[version]]
    for name in populations:
        header += [f"{kind} {name}" for kind in ("Allele Count", "Allele Number", "Homozygote Count")]
    totals = {name: allele_totals(table) for name, table in counts_by_population.items()}
    rows = []
    for allele in TYPED:
        v = VARIANTS[allele]
        position = v.positions[BUILDS.index(build)]
        count = sum(n[allele] for n, _ in totals.values())
        number = sum(n for _, n in totals.values())
        row = {name: "" for name in header} | {
            "gnomAD ID": f"14-{position}-{v.ref}-{v.alt}",
            "Chromosome": "14",
            "Position": str(position),
            "rsIDs": v.rsid,
            "Reference": v.ref,
            "Alternate": v.alt,
            "Source": '"gnomAD Exomes,gnomAD Genomes"',
            "Filters - exomes": "PASS",
            "Filters - genomes": "NA",
            "Allele Count": str(count),
            "Allele Number": str(number),
        }
        if version == "v4":
            row["Filters - joint"] = "PASS"
        for name, (n, n_typed) in totals.items():
            row |= {f"Allele Count {name}": str(n[allele]), f"Allele Number {name}": str(n_typed)}
        for name in EXTRA[version]:
            row |= {f"Allele Count {name}": "0", f"Allele Number {name}": "0"}
        rows.append(row)
    return header, rows


def write_gnomad_csv(folder, counts_by_population=COHORT, version="v4", name="gnomad.csv", edit=None):
    """`edit` takes header and rows and may change both."""
    path = folder / name
    header, rows = gnomad_rows(counts_by_population, version)
    if edit is not None:
        edit(header, rows)
    lines = [",".join(header), *(",".join(row.get(column, "") for column in header) for row in rows)]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())
    return path


def plink_lines(counts, kind="acount", build="GRCh38", swapped=(), ids="position", pos=False, joined=False):
    """Lines of a plink2 table; `joined` puts Mmalton and Siiyama into one row with two alternates."""
    column = {"acount": "ALT_CTS", "afreq": "ALT_FREQS"}[kind]
    totals, n_typed = allele_totals(counts)
    lines = ["\t".join(["#CHROM", *(["POS"] if pos else []), "ID", "REF", "ALT", column, "OBS_CT"])]
    lines[0] = lines[0].replace("ALT\t", "ALT\tPROVISIONAL_REF?\t")
    rows = [(VARIANTS[allele], VARIANTS[allele].ref, [VARIANTS[allele].alt], [totals[allele]]) for allele in TYPED]
    if joined:
        rows = [*rows[:2], (VARIANTS["Mmalton"], "GAGA", ["G", "AAGA"], [totals["Mmalton"], totals["Siiyama"]])]
    for variant, ref, alts, n in rows:
        position = variant.positions[BUILDS.index(build)]
        shown, counted = (ref, alts), n
        if variant.allele in swapped:
            shown, counted = (alts[0], [ref]), [n_typed - n[0]]
        values = counted if kind == "acount" else [f"{count / n_typed:.6g}" for count in counted]
        identity = variant.rsid if ids == "rsid" else f"chr14_{position}_{ref}_{alts[0]}"
        cells = ["14", *([str(position)] if pos else []), identity, shown[0], ",".join(shown[1]), "Y"]
        lines.append("\t".join([*cells, ",".join(str(value) for value in values), str(n_typed)]))
    return lines


def write_plink_acount(folder, counts, name="cohort.acount", **how):
    path = folder / name
    path.write_text("\n".join(plink_lines(counts, "acount", **how)) + "\n")
    return path


def write_plink_afreq(folder, counts, name="cohort.afreq", **how):
    path = folder / name
    path.write_text("\n".join(plink_lines(counts, "afreq", **how)) + "\n")
    return path


def vcf_header(build="GRCh38", samples=(), chromosome="14", length=True):
    lines = ["##fileformat=VCFv4.2", '##FILTER=<ID=LowQual,Description="x">']
    size = next(n for n, b in LENGTHS.items() if b == build)
    lines.append(f"##contig=<ID={chromosome}" + (f",length={size}>" if length else ">"))
    lines.append('##INFO=<ID=AC,Number=A,Type=Integer,Description="x">')
    lines.append('##INFO=<ID=AN,Number=1,Type=Integer,Description="x">')
    lines.append('##FORMAT=<ID=GT,Number=1,Type=String,Description="x">')
    columns = ["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO"]
    return [*lines, "\t".join([*columns, *(["FORMAT", *samples] if samples else [])])]


def cohort_samples(counts=COHORT):
    """Sample → (group, its two alleles)."""
    people = [(group, halves(g)) for group, table in counts.items() for g, n in table.items() for _ in range(n)]
    return {f"p{number:03}": person for number, person in enumerate(people)}


def vcf_records(counts=COHORT, build="GRCh38", sites_only=False, joined=True, chromosome="14"):
    """Records in order of position; `joined` puts Mmalton and Siiyama into one record with two alternates."""
    people = [alleles for _, alleles in cohort_samples(counts).values()]
    rows = [(VARIANTS[a].positions[BUILDS.index(build)], VARIANTS[a].ref, {a: VARIANTS[a].alt}) for a in ("Z", "S")]
    at = VARIANTS["Mmalton"].positions[BUILDS.index(build)]
    if joined:
        rows.append((at, "GAGA", {"Siiyama": "AAGA", "Mmalton": "G"}))
    else:
        rows += [(at, "GAGA", {"Mmalton": "G"}), (at, "G", {"Siiyama": "A"})]
    lines = []
    for position, ref, alts in rows:
        number = {allele: k for k, allele in enumerate(alts, start=1)}
        calls = ["/".join(str(number.get(half, 0)) for half in pair) for pair in people]
        n = [sum(pair.count(allele) for pair in people) for allele in alts]
        cells = [chromosome, str(position), ".", ref, ",".join(alts.values()), ".", "PASS"]
        cells.append(f"AC={','.join(map(str, n))};AN={2 * len(people)}")
        lines.append("\t".join([*cells, *([] if sites_only else ["GT", *calls])]))
    return lines


def write_vcf(folder, counts=COHORT, build="GRCh38", name="cohort.vcf", sites_only=False, edit=None, **how):
    """`edit` takes header and records, both lists of lines, and may change them."""
    path = folder / name
    samples = () if sites_only else tuple(cohort_samples(counts))
    header = vcf_header(build, samples, how.pop("chromosome", "14"), how.pop("length", True))
    records = vcf_records(counts, build, sites_only, **how)
    if edit is not None:
        edit(header, records)
    text = "\n".join([*header, *records]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def write_bcf(folder, source, name="cohort.bcf", mode="wb"):
    """The same records as BCF or, with mode "wz", as VCF in bgzip blocks."""
    from cyvcf2 import VCF, Writer

    path = folder / name
    reader = VCF(str(source))
    writer = Writer(str(path), reader, mode=mode)
    for record in reader:
        writer.write_record(record)
    writer.close()
    reader.close()
    return path


def write_index(path):
    """The smallest tabix index: one chromosome, one bin, one chunk from the first record to the end."""
    data, blocks, at = path.read_bytes(), [], 0
    while at < len(data):
        size = struct.unpack("<H", data[at + 16 : at + 18])[0] + 1
        blocks.append((at, struct.unpack("<I", data[at + size - 4 : at + size])[0]))
        at += size
    start, here = gzip.decompress(data).index(b"\n14\t") + 1, 0
    for first, size in blocks:
        if start < here + size:
            begin = (first << 16) | (start - here)
            break
        here += size
    head = b"TBI\1" + struct.pack("<8i", 1, 2, 1, 2, 0, ord("#"), 0, 3) + b"14\0"
    index = head + struct.pack("<iIiQQi", 1, 0, 1, begin, blocks[-1][0] << 16, 0)
    path.with_name(path.name + ".tbi").write_bytes(gzip.compress(index))


def write_groups(folder, counts=COHORT, name="groups.tsv", sep="\t", header=True):
    path = folder / name
    lines = [f"{sample}{sep}{group}" for sample, (group, _) in cohort_samples(counts).items()]
    path.write_text("\n".join([*([f"sample{sep}group"] if header else []), *lines]) + "\n")
    return path
