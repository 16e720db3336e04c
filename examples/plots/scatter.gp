# Points in the plane, coloured by class: features of two dimensions, such as coordinates by UMAP.
#
#     gnuplot -c scatter.gp DATA OUT [NAMES]
#
# DATA   what rts2tsv writes of such a stream, with or without --names: class, x, y
# OUT    a file that ends in .png or .svg
# NAMES  the names of the classes, one a line; without them numbers are the legend

if (ARGC < 2 || ARGC > 3) { print "usage: gnuplot -c scatter.gp DATA OUT [NAMES]"; exit status 2 }
here = ARG0[:strlen(ARG0) - strlen("scatter.gp")]
data = ARG1
out = ARG2
load here . "style.gp"

# What classes there are, in the order of their appearance; and the names.
classes = ""
points = 0
add_class(s) = (points = points + 1, classes = place(classes, s) ? classes : classes . s . "\t", 0)
names = ""
add_name(s) = (names = names . s . "\t", 0)
set table $nothing
plot data using (add_class(strcol(1))) with table
if (ARGC == 3) { plot ARG3 using (add_name(strcol(1))) with table }
unset table
if (points == 0) { print data . ": no points"; exit status 1 }

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

set xlabel "first coordinate"
set ylabel "second coordinate"
set key outside right center Left reverse samplen 1 spacing 1.3
size = points > 3000 ? 0.35 : points > 500 ? 0.5 : 0.8
size_of(i) = marker_of(i) == 7 || marker_of(i) == 5 ? size : 1.35 * size # equal to the eye
faint(i) = hue_of(i) + (points > 3000 ? 0x50000000 : 0x20000000)
stats data using 2:3 nooutput
left = STATS_min_x
bottom = STATS_min_y
width = STATS_max_x > STATS_min_x ? STATS_max_x - STATS_min_x : 1
height = STATS_max_y > STATS_min_y ? STATS_max_y - STATS_min_y : 1

# The name of each class, in the middle of its points too, for those whom the legend's colours fail.
array middle_x[n]
array middle_y[n]
do for [i = 1:n] {
    class = field(known, i)
    stats data using (strcol(1) eq class ? $2 : NaN) nooutput
    middle_x[i] = STATS_median
    stats data using (strcol(1) eq class ? $3 : NaN) nooutput
    middle_y[i] = STATS_median
}

# Names that would lie upon one another move apart, up and down.
apart(i, j) = abs(middle_x[i] - middle_x[j]) > 0.16 * width ? 0 \
    : 0.045 * height - abs(middle_y[i] - middle_y[j])
do for [pass = 1:50] {
    do for [i = 1:n - 1] {
        do for [j = i + 1:n] {
            if (apart(i, j) > 0) {
                step = apart(i, j) / 2 * (middle_y[i] < middle_y[j] ? -1 : 1)
                middle_y[i] = middle_y[i] + step
                middle_y[j] = middle_y[j] - step
            }
        }
    }
}
set xrange [left - 0.03 * width:left + 1.03 * width]
set yrange [bottom - 0.03 * height:bottom + 1.03 * height]
set style textbox opaque fillcolor rgb 0x40ffffff noborder margins 0.6, 0.4

eval draw(800, 560)
class_of(s) = place(known, s)
plot data using 2:3:(size_of(class_of(strcol(1)))):(marker_of(class_of(strcol(1)))):(faint(class_of(strcol(1)))) \
         with points pointsize variable pointtype variable linecolor rgb variable notitle, \
     for [i = 1:n] keyentry with points pointsize 1.3 pointtype marker_of(i) \
         linecolor rgb hue_of(i) title field(titles, i), \
     middle_x using (middle_x[$1]):(middle_y[$1]):(n > 1 ? field(titles, int($1)) : "") \
         with labels boxed textcolor rgb ink notitle
