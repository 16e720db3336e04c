# Points in the plane, coloured by class: features of two dimensions, such as umap writes.
#
#     gnuplot -c scatter.gp DATA OUT [NAMES [TITLE [DATA2 TITLE2]]]
#
# DATA   what rts2tsv writes of such a stream, with or without --names: class, x, y
# OUT    a file that ends in .png or .svg
# NAMES  the names of the classes, one a line; without them, or with '', numbers are the legend
# TITLE  what stands above the points
# DATA2  other points of the same classes, to be drawn beside the first, with one legend for both

if (ARGC < 2 || ARGC > 6 || ARGC == 5) {
    print "usage: gnuplot -c scatter.gp DATA OUT [NAMES [TITLE [DATA2 TITLE2]]]"
    exit status 2
}
here = ARG0[:strlen(ARG0) - strlen("scatter.gp")]
out = ARG2
load here . "style.gp"
panels = ARGC == 6 ? 2 : 1
data_of(p) = p == 1 ? ARG1 : ARG5
title_of(p) = p == 2 ? ARG6 : ARGC > 3 ? ARG4 : ""

# What classes there are, in the order of their appearance; and the names.
classes = ""
most = 0
add_class(s) = (points = points + 1, classes = place(classes, s) ? classes : classes . s . "\t", 0)
names = ""
add_name(s) = (names = names . s . "\t", 0)
set table $nothing
do for [p = 1:panels] {
    points = 0
    row = 0
    plot data_of(p) using (add_class(strcol(1)) + next_row(0) + cell(2) + cell(3)) with table
    if (wrong ne "") { print data_of(p) . ": " . wrong; exit status 1 }
    if (points == 0) { print data_of(p) . ": no points"; exit status 1 }
    if (points > most) { most = points }
}
if (ARGC > 2 && ARG3 ne "") { plot ARG3 using (add_name(strcol(1))) with table }
unset table

# In order: numbers, then the names of NAMES, then whatever else there is.
known = ""
titles = ""
n = 0
add(s, title) = (known = known . s . "\t", titles = titles . title . "\t", n = n + 1)
do for [i = 0:999] {
    number = sprintf("%d", i)
    if (place(classes, number)) {
        count = add(number, i < fields(names) ? field(names, i + 1) : number)
    }
}
do for [i = 1:fields(names)] {
    name = field(names, i)
    if (place(classes, name) && !place(known, name)) { count = add(name, name) }
}
do for [i = 1:fields(classes)] {
    name = field(classes, i)
    if (!place(known, name)) { count = add(name, name eq "-" ? "(no label)" : name) }
}

class_of(s) = place(known, s)
size = most > 3000 ? 0.35 : most > 500 ? 0.5 : 0.8
size_of(i) = marker_of(i) == 7 || marker_of(i) == 5 ? size : 1.35 * size # equal to the eye
faint(i) = hue_of(i) + (most > 3000 ? 0x50000000 : 0x20000000)

# The name of each class, in the middle of its points too, for those whom the legend's colours fail.
# Names that would lie upon one another move apart, up and down; none leaves the panel. A class
# without a point is nowhere.
array middle_x[n]
array middle_y[n]
broad = panels == 1 ? 0.16 : 0.22
high = panels == 1 ? 0.045 : 0.055
inside(x) = x < left + broad / 2 * width ? left + broad / 2 * width \
    : x > left + (1 - broad / 2) * width ? left + (1 - broad / 2) * width : x
apart(i, j) = abs(middle_x[i] - middle_x[j]) < broad * width \
    ? high * height - abs(middle_y[i] - middle_y[j]) : 0
frame = "\
    set autoscale xy;\
    stats data using 2 nooutput;\
    left = STATS_min;\
    width = STATS_max > STATS_min ? STATS_max - STATS_min : 1;\
    stats data using 3 nooutput;\
    bottom = STATS_min;\
    height = STATS_max > STATS_min ? STATS_max - STATS_min : 1"
limits = "\
    set xrange [left - 0.03 * width:left + 1.03 * width];\
    set yrange [bottom - 0.03 * height:bottom + 1.03 * height]"
middle = "\
    seen = 0;\
    stats data using (seen = seen + (strcol(1) eq field(known, i)), 0) nooutput;\
    middle_x[i] = NaN;\
    middle_y[i] = NaN;\
    if (seen > 0) {\
        stats data using (strcol(1) eq field(known, i) ? $2 : NaN) nooutput;\
        middle_x[i] = inside(STATS_median);\
        stats data using (strcol(1) eq field(known, i) ? $3 : NaN) nooutput;\
        middle_y[i] = STATS_median\
    }"
step_apart = "\
    if (apart(i, j) > 0) {\
        step = apart(i, j) / 2 * (middle_y[i] < middle_y[j] ? -1 : 1);\
        middle_y[i] = middle_y[i] + step;\
        middle_y[j] = middle_y[j] - step\
    }"
set style textbox opaque fillcolor rgb 0x40ffffff noborder margins 0.6, 0.4

# The legend is outside of one panel, and below two.
marks = "plot data using 2:3:(size_of(class_of(strcol(1)))):(marker_of(class_of(strcol(1))))\
    :(faint(class_of(strcol(1)))) with points pointsize variable pointtype variable \
    linecolor rgb variable notitle"
legend = ", for [i = 1:n] keyentry with points pointsize 1.3 pointtype marker_of(i) \
    linecolor rgb hue_of(i) title field(titles, i)"
labels = ", middle_x using (middle_x[$1]):(middle_y[$1]):(n > 1 ? field(titles, int($1)) : '') \
    with labels boxed textcolor rgb ink notitle"

if (panels == 2) { text = text + 4 }
eval panels == 1 ? draw(800, 560) : draw(1200, 680)
if (panels == 2) { set multiplot }
panel(left, right) = sprintf("set lmargin at screen %g; set rmargin at screen %g", left, right)
do for [p = 1:panels] {
    data = data_of(p)
    eval frame
    do for [i = 1:n] { eval middle }
    do for [pass = 1:50] { do for [i = 1:n - 1] { do for [j = i + 1:n] { eval step_apart } } }
    eval limits
    if (title_of(p) ne "") { set title title_of(p) offset 0, -0.4 }
    if (panels == 1) {
        set xlabel "first coordinate"
        set ylabel "second coordinate"
        set key outside right center Left reverse samplen 1 spacing 1.3
        eval marks . legend . labels
    } else {
        # Coordinates say nothing that the eye would compare between the two.
        set border 15
        unset grid
        set format ""
        set tics scale 0
        set tmargin at screen 0.93
        set bmargin at screen 0.15
        eval p == 1 ? panel(0.015, 0.49) : panel(0.51, 0.985)
        eval marks . labels
    }
}
if (panels == 2) {
    unset title
    unset border
    unset tics
    eval panel(0.015, 0.985)
    set tmargin at screen 0.13
    set bmargin at screen 0.01
    set xrange [0:1]
    set yrange [0:1]
    set key on inside center center horizontal Left reverse samplen 1 spacing 1.2 width 1 maxrows 2
    eval "plot NaN notitle" . legend
    unset multiplot
}
