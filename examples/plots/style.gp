# What all the plots share; not to be called itself. The caller sets `out`, the file to write: its
# ending, .png or .svg, says what it will be. Then `eval draw(800, 500)` begins the picture.
#
# Colours are those of M. Okabe and K. Ito (Color Universal Design, 2008), which the colour-blind
# tell apart, their yellow darker for a white ground, with a wine red and a grey; the marker or the
# dashes differ as well.

kind = strlen(out) > 4 ? out[strlen(out) - 3:] : ""
if (kind ne ".png" && kind ne ".svg") {
    print sprintf("%s: neither .png nor .svg", out)
    exit status 2
}
text = kind eq ".png" ? 11 : 14 # the font's size: points in a PNG, pixels in an SVG
draw(w, h) = sprintf(kind eq ".png" ? "set terminal pngcairo noenhanced size %d,%d font 'sans,%d'" \
    : "set terminal svg noenhanced size %d,%d dynamic font 'sans-serif,%d'", w, h, text) \
    . " background '#ffffff'; set output out"

array hue[10] = [0x0072b2, 0xe69f00, 0x009e73, 0xd55e00, 0x56b4e9, 0xcc79a7, 0x222222, 0xb5a900, \
    0x882255, 0x999999]
array marker[7] = [7, 9, 5, 13, 11, 15, 2]
hue_of(i) = hue[(i - 1) % 10 + 1]
marker_of(i) = marker[(i - 1) % 7 + 1]

ink = 0x333333
set border 3 linecolor rgb ink linewidth 1
set tics nomirror scale 0.6 textcolor rgb ink
set key textcolor rgb ink
set title textcolor rgb ink
set xlabel textcolor rgb ink
set ylabel textcolor rgb ink
set grid linecolor rgb 0xdddddd linetype 1 linewidth 0.5
set datafile separator tab
set datafile commentschars ""
set encoding utf8

# Lists of texts, each with a tab behind it: field k, and the place of a text (0: it is not there).
field(list, k) = k == 1 ? list[:strstrt(list, "\t") - 1] : field(list[strstrt(list, "\t") + 1:], k - 1)
place(list, text) = strstrt("\t" . list, "\t" . text . "\t") == 0 ? 0 \
    : list[:strstrt(list, "\t") - 1] eq text ? 1 : 1 + place(list[strstrt(list, "\t") + 1:], text)

fields(list) = list eq "" ? 0 : 1 + fields(list[strstrt(list, "\t") + 1:])

# A file's name without folders; a run's name: that of its log without .log.
base(path) = strstrt(path, "/") ? base(path[strstrt(path, "/") + 1:]) : path
run(path) = strlen(path) > 4 && path[strlen(path) - 3:] eq ".log" ? base(path[:strlen(path) - 4]) \
    : base(path)

# Whether a text is a decimal number, or a count: gnuplot itself takes `1x` for 1, and leaves out what
# is not a number without a word.
after_digits(s) = strlen(s) && strstrt("0123456789", s[1:1]) ? after_digits(s[2:]) : s
after_sign(s) = strlen(s) && strstrt("+-", s[1:1]) ? s[2:] : s
count(s) = strlen(s) && after_digits(s) eq ""
exponent(s) = s eq "" || (strstrt("eE", s[1:1]) && count(after_sign(s[2:])))
point(s) = s[1:1] eq "." ? s[2:] : s
unsigned_number(s) = strlen(after_digits(s)) < strlen(s) && exponent(after_digits(point(after_digits(s))))
number(s) = unsigned_number(after_sign(s))

# cell(k), tally(k): notes where column k of a row is not a number, or not a count; next_row(0) comes
# before each row. What was noted first stays, in `wrong`.
wrong = ""
row = 0
next_row(unused) = (row = row + 1, 0)
note(k, what) = wrong eq "" ? (wrong = sprintf("row %d: column %d is not a %s", row, k, what), 0) : 0
cell(k) = valid(k) && number(strcol(k)) ? 0 : note(k, "number")
tally(k) = valid(k) && count(strcol(k)) ? 0 : note(k, "count")

# A share in percent: with one decimal, or as many as it takes to tell it from 0 and from 100.
decimals(x, places) = sprintf(sprintf("%%.%df", places), x)
percent(x, places) = places < 9 && ((x < 100 && real(decimals(x, places)) == 100) || \
    (x > 0 && real(decimals(x, places)) == 0)) ? percent(x, places + 1) : decimals(x, places)
