#!/usr/bin/env python3
"""Time zones against Python's zoneinfo, which reads the same files.

    check_zones.py ZONE_OFFSETS

Every zone of the system: instants of all years, dense around the years of
archives, and both ends of each span of one offset that is met on the way. Exit
code 77: this machine has no time zones.
"""
import datetime
import random
import subprocess
import sys
import zoneinfo

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
FIRST, LAST = -62135596800 + 200000, 253402300799 - 200000   # years 1, 9999
DAY = 86400
# With summer time north and south, by half hours, negative, by odd rules.
DENSE = ("America/New_York", "America/St_Johns", "America/Sao_Paulo",
         "America/Nuuk", "Africa/Casablanca", "Africa/Cairo", "Asia/Shanghai",
         "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza",
         "Asia/Hong_Kong", "Asia/Taipei", "Australia/Lord_Howe",
         "Australia/Sydney", "Europe/Dublin", "Europe/London",
         "Europe/Moscow", "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll")
LEAP_DAYS = [datetime.datetime(year, 2, 29, tzinfo=datetime.timezone.utc)
             for year in (1972, 2000, 2016, 2020, 2024, 2040, 2096)]


def instants(name):
    chance = random.Random(name)
    # Around 1970, 2^31 s, and past the last year that any file lists.
    times = {0, -1, 1, 2**31 - 1, 2**31, 2**31 + 1, 2**32, FIRST, LAST}
    times.update(int(day.timestamp()) + k for day in LEAP_DAYS
                 for k in (-1, 0, DAY - 1, DAY))
    times.update(chance.randrange(FIRST, LAST) for _ in range(40))
    times.update(chance.randrange(-3 * 10**9, 5 * 10**9) for _ in range(250))
    if name in DENSE:
        times.update(range(-5 * 10**8, 4 * 10**9, 3 * DAY + 4321))
    return sorted(times)


def offset_of(zone, t):
    moment = (EPOCH + datetime.timedelta(seconds=t)).astimezone(zone)
    return int(moment.utcoffset().total_seconds())


def check(program, name):
    times = instants(name)
    done = subprocess.run([program, name], capture_output=True, check=False,
                          encoding="ascii",
                          input="\n".join(map(str, times)))
    if done.returncode:
        return ["%s: %s" % (name, done.stderr.strip())]
    zone, wrong, seen = zoneinfo.ZoneInfo(name), [], set()
    for t, line in zip(times, done.stdout.splitlines(), strict=True):
        start, end, offset = map(int, line.split())
        if not start <= t < end:
            wrong.append("%s: %d is not in its span" % (name, t))
        if offset_of(zone, t) != offset:
            wrong.append("%s: %d: %d, not %d" % (name, t, offset,
                                                 offset_of(zone, t)))
        if (start, end) in seen:
            continue
        seen.add((start, end))
        for edge in (start, end - 1):
            if FIRST <= edge <= LAST and offset_of(zone, edge) != offset:
                wrong.append("%s: %d, an end of the span of %d: %d, not %d" %
                             (name, edge, t, offset, offset_of(zone, edge)))
    return wrong


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    names = sorted(zoneinfo.available_timezones() - {"localtime"})
    if not names:
        print("no time zones here: the package tzdata is missing")
        return 77
    wrong = [line for name in names for line in check(arguments[0], name)]
    print("\n".join(wrong[:40]))
    print("%d zones, %d differences" % (len(names), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
