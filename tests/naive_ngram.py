"""Interpolated modified Kneser-Ney once more, by dictionaries and equation by equation, to compare with.

Chen and Goodman (1998, An Empirical Study of Smoothing Techniques for Language Modeling, section 3.2), with the lower
orders of sentences' beginnings as in Heafield et al. (2013). Nothing of the code that is tested is used.
"""

from collections import Counter, defaultdict

BOS, END = 0, 1


class NaiveNgram:
    """Of sentences as lists of tokens, without BOS and END; `discounts` are in place of estimated ones."""

    def __init__(self, sentences, size, order, discounts=None):
        self.size, self.order = size, order
        padded = [(BOS, *sentence, END) for sentence in sentences]
        raw = [Counter() for _ in range(order + 2)]
        for n in range(1, order + 2):
            raw[n].update(s[i : i + n] for s in padded for i in range(len(s) - n + 1))
        self.after = [defaultdict(dict) for _ in range(order + 1)]  # context -> token -> count
        for n in range(1, order + 1):
            before = defaultdict(set)
            for longer in raw[n + 1]:
                before[longer[1:]].add(longer[0])
            for gram, times in raw[n].items():
                if gram != (BOS,):
                    seen = times if n == order or gram[0] == BOS else len(before[gram])
                    self.after[n][gram[:-1]][gram[-1]] = seen
        self.known = {}
        self.discounts = discounts or [self.estimate(n) for n in range(order + 1)]

    def estimate(self, n):
        """D1, D2, D3+ of an order."""
        of_counts = Counter(c for tokens in self.after[n].values() for c in tokens.values())
        n1, n2, n3, n4 = (of_counts[k] for k in (1, 2, 3, 4))
        if 0 in (n1, n2, n3):
            return (0.5, 1.0, 1.5)
        y = n1 / (n1 + 2 * n2)
        found = (1 - 2 * y * (n2 / n1), 2 - 3 * y * (n3 / n2), 3 - 4 * y * (n4 / n3))
        return found if min(found) > 0 else (0.5, 1.0, 1.5)

    def distribution(self, ids):
        """P of every token after some."""
        return self.after_context(self.context(ids))

    def after_context(self, context):
        """P(token | context) of every token, of a context of fewer tokens than the order."""
        if context not in self.known:
            self.known[context] = self.compute(context)
        return self.known[context]

    def compute(self, context):
        lower = self.after_context(context[1:]) if context else [1 / (self.size - 1)] * self.size
        n = len(context) + 1
        counts = self.after[n].get(context)
        if not counts:
            return lower
        d1, d2, d3 = self.discounts[n]
        n1, n2 = sum(c == 1 for c in counts.values()), sum(c == 2 for c in counts.values())
        n3 = sum(c >= 3 for c in counts.values())
        total = sum(counts.values())
        gamma = (d1 * n1 + d2 * n2 + d3 * n3) / total
        found = [gamma * p for p in lower]
        for token, c in counts.items():
            found[token] = max(c - (d1 if c == 1 else d2 if c == 2 else d3), 0) / total + gamma * lower[token]
        return [0.0 if token == BOS else p for token, p in enumerate(found)]

    def context(self, ids):
        """What the token after some depends on."""
        last = max((i for i, token in enumerate(ids) if token in (BOS, END)), default=-1)
        sentence = ids if last < 0 else (BOS, *ids[last + 1 :])
        return tuple(sentence)[max(len(sentence) - self.order + 1, 0) :]
