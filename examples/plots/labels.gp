# Accuracy against the number of labels, with error bars.
#
#     gnuplot -c labels.gp DATA OUT
#
# DATA  a header `labels STEP sd STEP sd ...`, then a line for every number of labels: the number,
#       and for each step the mean accuracy in percent and its standard deviation over the seeds
# OUT   a file that ends in .png or .svg

if (ARGC != 2) { print "usage: gnuplot -c labels.gp DATA OUT"; exit status 2 }
data = ARG1
out = ARG2
load ARG0[:strlen(ARG0) - strlen("labels.gp")] . "style.gp"

# The first line as a whole, for its steps; and the numbers of labels, which are the tics.
head = ""
set table $nothing
set datafile separator "\001"
plot data every ::0::0 using (head = strcol(1), 0) with table
set datafile separator tab
steps = (fields(head . "\t") - 1) / 2
if (steps < 1 || fields(head . "\t") % 2 == 0) {
    print data . ": no steps with mean and sd"
    exit status 1
}
amounts = ""
least = 1e9
most = 0
add_amount(name, n) = (amounts = amounts . name . " ", least = n < least ? n : least, \
    most = n > most ? n : most, 0)
row = 1
plot data every ::1 using (add_amount(strcol(1), $1) + next_row(0) + \
    (sum [k = 1:2 * steps + 1] cell(k))) with table
unset table
if (wrong ne "") { print data . ": " . wrong; exit status 1 }
if (amounts eq "") { print data . ": no numbers of labels"; exit status 1 }

set logscale x
set xrange [least / 1.25:most * 1.25]
set xtics ("" 1)
do for [a in amounts] { set xtics add (a a) }
set xlabel "images with labels"
set ylabel "accuracy on the test images, %"
set key bottom right Left reverse spacing 1.3 samplen 3
set style data yerrorlines
set errorbars small
set offsets graph 0, 0, 0.04, 0.04

# Side by side by a hair, so that bars do not hide one another.
aside(k) = 1.025 ** (k - (steps + 1) / 2.0)

eval draw(800, 480)
plot for [k = 1:steps] data every ::1 using ($1 * aside(k)):(column(2 * k)):(column(2 * k + 1)) \
         linecolor rgb hue_of(k) pointtype marker_of(k) pointsize 1 linewidth 1.8 title field(head . "\t", 2 * k)
