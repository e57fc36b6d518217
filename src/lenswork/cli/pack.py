"""`lenswork pack`: a data set as WebDataset shards, and whether shards are still whole."""

from pathlib import Path

import click

from lenswork.cli.options import data_home_option, json_option, print_json
from lenswork.data.doctor.codes import quoted
from lenswork.data.open import open_data
from lenswork.data.shards.manifest import Manifest, read_manifest
from lenswork.data.shards.names import MANIFEST, beside, is_shard, is_url, shown
from lenswork.data.shards.progress import counted
from lenswork.data.shards.verify import problems
from lenswork.data.shards.write import SHARD_BYTES, ShardSize, pack
from lenswork.errors import DataError, UsageError
from lenswork.paths import typed

MEGABYTE = 1_000_000
CHANGES = ("out", "shard_pictures", "shard_mb", "seed", "validation", "group", "split_seed")


@click.command(no_args_is_help=True)
@click.argument("data")
@click.argument("out", required=False)
@click.option("--verify", is_flag=True, help="Check the shards in DATA in place of writing some.")
@click.option("--shard-pictures", type=click.IntRange(1), help="The most pictures of a shard.")
@click.option(
    "--shard-mb",
    type=click.FloatRange(0, min_open=True),
    help=f"The most megabytes of a shard [default: {SHARD_BYTES // MEGABYTE}].",
)
@click.option("--seed", type=click.IntRange(0), help="By which pictures are dealt [default: 0].")
@click.option("--validation", type=float, help="The fraction of training pictures to set aside.")
@click.option("--group", help="Pictures whose file names match alike stay together.")
@click.option("--split-seed", type=click.IntRange(0), help="By which they are set aside.")
@data_home_option
@json_option
def command(
    data: str,
    out: str | None,
    verify: bool,
    shard_pictures: int | None,
    shard_mb: float | None,
    seed: int | None,
    validation: float | None,
    group: str | None,
    split_seed: int | None,
    data_home: Path | None,
    as_json: bool,
) -> None:
    """Write DATA as tar shards to the new folder OUT, or check those in a folder with --verify.

    The files go in as they are, shuffled, with a label each: any WebDataset reader takes them, and
    so does `lenswork train OUT`, from this disk or over HTTP.
    """
    if verify:
        given = (out, shard_pictures, shard_mb, seed, validation, group, split_seed)
        said = [name for name, value in zip(CHANGES, given, strict=True) if value is not None]
        if said:
            raise UsageError(
                "--verify only reads: give the folder of shards and leave out "
                + ", ".join(
                    name if name == "out" else f"--{name.replace('_', '-')}" for name in said
                )
            )
        _verify(data, as_json)
        return
    if out is None:
        raise UsageError(f"say where the shards go: lenswork pack {data} OUT")
    if is_url(out):
        raise UsageError("shards are written to a folder on this machine: copy them to a server")
    if shard_pictures is not None and shard_mb is not None:
        raise UsageError("give --shard-pictures or --shard-mb, not both")
    opened = open_data(
        data, data_home=data_home, validation=validation, group=group, split_seed=split_seed or 0
    )
    size = ShardSize(shard_pictures, round((shard_mb or SHARD_BYTES / MEGABYTE) * MEGABYTE))
    folder = typed(out)
    with counted("pictures packed", sum(map(len, opened.parts.values()))) as advance:
        manifest = pack(opened, folder, size, seed=seed or 0, count=advance)
    _report(manifest, folder, as_json=as_json)


def _verify(data: str, as_json: bool) -> None:
    if is_url(data):
        location = beside(data if is_shard(data) or data.endswith("/") else f"{data}/", MANIFEST)
    else:
        path = typed(data)
        location = str((path.parent if is_shard(data) else path) / MANIFEST)
    manifest = read_manifest(location)
    if manifest is None:
        raise DataError(
            f"there is no {shown(location)}: only shards that `lenswork pack` made can be checked, "
            "since nothing says what others should be"
        )
    shards = [facts for each in manifest.splits.values() for facts in each]
    pictures = sum(facts.pictures for facts in shards)
    with counted("pictures checked", pictures) as advance:
        found = list(problems(manifest, location, advance))
    if as_json:
        print_json({"shards": len(shards), "pictures": pictures, "problems": found})
    if found:
        lines = "\n  ".join(found)
        are = "is" if len(found) == 1 else "are"
        raise DataError(f"{len(found):,} of {len(shards):,} shards {are} damaged:\n  {lines}")
    if not as_json:
        click.echo(f"{len(shards):,} shards with {pictures:,} pictures are as they were packed")


def _report(manifest: Manifest, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(out), **manifest.model_dump()})
        return
    for split, shards in manifest.splits.items():
        pictures = sum(facts.pictures for facts in shards)
        megabytes = sum(facts.size_bytes for facts in shards) / MEGABYTE
        what = shards[0].name if len(shards) == 1 else f"{shards[0].name} to {shards[-1].name}"
        click.echo(f"{split}: {pictures:,} pictures, {megabytes:,.1f} MB: {what}")
    click.echo(f"packed {manifest.name}: {out}")
    click.echo(f"  lenswork train {quoted(out)}")
