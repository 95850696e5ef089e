#!/usr/bin/env python3
"""Draws the scan and its peers as an SVG: latency by the share of rows that may be read, recall beside each point.

    plot_peers.py RESULTS.json PICTURE.svg [ROWS]

RESULTS.json is what `Benchmarks --only peers --only million --json RESULTS.json` writes; ROWS chooses the table, the
first where it is not given. Both axes are logarithmic. A filled point
found at least 99 % of the true best rows, an open one fewer; recall stands beside each point. Needs Python alone.
"""

import json
import math
import sys
from html import escape

SECTION = "The scan beside its peers"
WIDTH, HEIGHT = 1180, 1240
LEFT, RIGHT, TOP, BOTTOM = 80, 300, 60, 60
# From a qualitative scale that is told apart on white; ours is drawn black and thick.
COLOURS = [
    "#4477aa", "#ee6677", "#228833", "#aa8800", "#66aadd", "#aa3377", "#888888",
    "#e07b00", "#009988", "#cc3311", "#7755bb", "#555500", "#0044cc", "#dd44aa", "#6b3e26",
]  # fmt: skip
OURS = "#000000"
# Figures beside points are moved apart until they are this far from each other.
LINE = 11


def series(report, rows=""):
    """For each name a list of (percent, milliseconds, recall), in the order of the table."""
    wanted = f"{SECTION}: {rows} " if rows else SECTION
    section = next((one for one in report["sections"] if one["title"].startswith(wanted)), None)
    if section is None or not section["rows"]:
        raise SystemExit(f"plot_peers: there is no table {wanted!r} with rows")
    latency, recall = (section["columns"].index(name) - 1 for name in ("p50 ms", "recall"))
    found = {}
    for row in section["rows"]:
        share, _, name = row["name"].partition(" %: ")
        cells = row["cells"]
        found.setdefault(name, []).append((float(share), cells[latency]["value"], cells[recall]["value"]))
    return section["title"], found


def apart(wanted, step):
    """Places near the wanted ones, in their order, that are at least a step from each other."""
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    places = list(wanted)
    for _ in range(200):
        for before, after in zip(order, order[1:]):
            overlap = step - (places[after] - places[before])
            if overlap > 0:
                places[before] -= overlap / 2
                places[after] += overlap / 2
    return places


class Picture:
    def __init__(self, title, found):
        self.title, self.found = title, found
        shares = sorted({point[0] for points in found.values() for point in points})
        times = [point[1] for points in found.values() for point in points]
        self.shares = shares
        self.low, self.high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
        self.parts = []

    def x(self, share):
        first, last = math.log10(self.shares[0]), math.log10(self.shares[-1])
        return LEFT + (math.log10(share) - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(self, time):
        part = (math.log10(time) - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

    def text(self, x, y, words, size=12, anchor="start", colour="#222222", weight="normal"):
        # First in white and wider, so that no line strikes it through.
        for paint in ('fill="#ffffff" stroke="#ffffff" stroke-width="3"', f'fill="{colour}"'):
            self.parts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {paint} '
                f'font-weight="{weight}">{escape(words)}</text>'
            )

    def line(self, x1, y1, x2, y2, colour="#dddddd", width=1.0):
        self.parts.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'
        )

    def axes(self):
        right = WIDTH - RIGHT
        for power in range(self.low, self.high + 1):
            self.line(LEFT, self.y(10.0**power), right, self.y(10.0**power), "#bbbbbb")
            self.text(LEFT - 8, self.y(10.0**power) + 4, f"{10.0**power:g} ms", anchor="end")
            for digit in range(2, 10) if power < self.high else []:
                self.line(LEFT, self.y(digit * 10.0**power), right, self.y(digit * 10.0**power), "#eeeeee")
        for share in self.shares:
            self.line(self.x(share), TOP, self.x(share), HEIGHT - BOTTOM, "#bbbbbb")
            self.text(self.x(share), HEIGHT - BOTTOM + 20, f"{share:g} %", anchor="middle")
        self.text((LEFT + right) / 2, HEIGHT - 16, "rows that may be read", anchor="middle")
        self.text(LEFT, 24, self.title, size=15, weight="bold")
        self.text(LEFT, 42, "median of a search on one thread; beside each point its recall", size=12)

    def draw(self):
        self.axes()
        names = list(self.found)
        colours = {name: OURS if name == "scan" else COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
        for name in names:
            points = [(self.x(share), self.y(time)) for share, time, _ in self.found[name]]
            width = 3 if name == "scan" else 1.5
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            stroke = f'stroke="{colours[name]}" stroke-width="{width}"'
            self.parts.append(f'<polyline points="{path}" fill="none" {stroke}/>')
            for (x, y), (_, _, recall) in zip(points, self.found[name]):
                fill = colours[name] if recall >= 0.99 else "#ffffff"
                stroke = f'stroke="{colours[name]}" stroke-width="1.5"'
                self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" {stroke}/>')
        for share in self.shares:
            self.figures(share, colours)
        return self.svg()

    def figures(self, share, colours):
        """The recalls of a share beside its points; at the last share the names too."""
        is_last = share == self.shares[-1]
        there = [
            (name, time, recall) for name, points in self.found.items() for at, time, recall in points if at == share
        ]
        heights = [self.y(time) for _, time, _ in there]
        for (name, _, recall), y, place in zip(there, heights, apart(heights, LINE + 3 if is_last else LINE)):
            x = self.x(share) + 9
            self.line(x - 4, y, x + 6, place, colours[name], 0.6)
            words = f"{recall:.3f}  {name}" if is_last else f"{recall:.3f}"
            weight = "bold" if name == "scan" else "normal"
            self.text(x + 8, place + 4, words, 12 if is_last else 10, colour=colours[name], weight=weight)

    def svg(self):
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n' + "\n".join(self.parts) + "\n</svg>\n"
        )


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    with open(sys.argv[1]) as file:
        title, found = series(json.load(file), *sys.argv[3:])
    with open(sys.argv[2], "w") as file:
        file.write(Picture(title, found).draw())


if __name__ == "__main__":
    main()
