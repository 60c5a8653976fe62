"""What was checked, what failed, and what could not be checked and why."""


class Verdict:
    """Every check is one line with its figures. Nothing passes silently: what
    cannot be checked is counted and said too."""

    def __init__(self, say=None):
        self.say = say or (lambda line: None)
        self.made, self.failures, self.open = 0, [], []

    def check(self, where, law, good, figures):
        self.made += 1
        line = "%s: %s: %s" % (where, law, figures)
        if not good:
            self.failures.append(line)
        self.say(("ok      " if good else "FAILED  ") + line)
        return good

    def equal(self, where, law, left, right):
        if isinstance(left, (dict, list)) and left != right:
            figures = difference(left, right)
        elif isinstance(left, (dict, list)):
            figures = "%d equal" % len(left)
        else:
            figures = "%s and %s" % (left, right)
        return self.check(where, law, left == right, figures)

    def at_most(self, where, law, left, right):
        return self.check(where, law, left <= right,
                          "%s of at most %s" % (left, right))

    def cannot(self, where, law, why):
        line = "%s: %s: %s" % (where, law, why)
        self.open.append(line)
        self.say("cannot  " + line)

    def summary(self):
        return "%d checks, %d failed, %d could not be made%s" % (
            self.made, len(self.failures), len(self.open),
            " (each says why)" if self.open else "")


def difference(left, right):
    """The first thing in which two collections differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in [*left, *(key for key in right if key not in left)]:
            if left.get(key) != right.get(key):
                return "%s: %s and %s" % (key, left.get(key), right.get(key))
    if isinstance(left, list) and isinstance(right, list):
        for at, (one, other) in enumerate(zip(left, right)):
            if one != other:
                return "number %d: %s and %s" % (at + 1, one, other)
        return "%d and %d of them" % (len(left), len(right))
    return "%s and %s" % (left, right)
