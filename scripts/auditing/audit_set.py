"""The whole audit of a set of outputs, of a run or of a filter."""

import argparse
import pathlib

from auditing import (document_laws, filter_laws, shard_recount,
                      table_laws)
from auditing.set_book import Book, read_json
from auditing.table_rows import Damaged
from auditing.verdict import Verdict


def audit_run(verdict, folder, options):
    book = Book(folder)
    ledger, manifest = book.ledger, book.manifest
    samples = document_laws.read_samples(folder)
    pseudonyms = manifest["parameters"]["pseudonyms"]
    document_laws.check_ledger(verdict, ledger)
    document_laws.check_result(verdict, ledger, book.min_posts)
    document_laws.check_manifest(verdict, ledger, manifest)
    document_laws.check_samples(verdict, ledger, samples, pseudonyms)
    if pseudonyms and options.key:
        document_laws.check_key(verdict, manifest, options.key.read_bytes())
    elif pseudonyms:
        verdict.cannot("manifest", "pseudonyms_key is the key's",
                       "no --key")
    document_laws.check_files(book, verdict)
    if options.tables:
        table_laws.check_tables(book, verdict)
        table_laws.check_formats(book, verdict)
    else:
        verdict.cannot("tables", "rows and sums", "they are not asked for")
    listed = {shard["shard"]: shard for shard in manifest["shards"]}
    shard_recount.check_shards(verdict, ledger, listed, samples, options)


def audit_filter(verdict, folder, options):
    ledger = read_json(folder / "ledger.json")
    told = read_json(folder / "filter.json")
    document_laws.check_ledger(verdict, ledger)
    samples = document_laws.read_samples(folder)
    document_laws.check_samples(verdict, ledger, samples, False)
    filter_laws.check_filter(verdict, folder, ledger, told)
    filter_laws.check_sources(verdict, folder, ledger, told, options)


def audit(folder, shards=(), quick=False, key=None, say=None, tables=True):
    """A verdict on the set of outputs in the folder. Without tables only
    their names and columns are looked at."""
    verdict = Verdict(say)
    options = argparse.Namespace(shards=[pathlib.Path(s) for s in shards],
                                 quick=quick, key=key, folder=folder,
                                 tables=tables)
    make = audit_filter if (folder / "filter.json").exists() else audit_run
    try:
        make(verdict, folder, options)
    except Damaged as error:
        verdict.check("set", "can be read", False, str(error))
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        verdict.check("set", "has the documented form", False,
                      "%s: %s" % (type(error).__name__, error))
    return verdict
