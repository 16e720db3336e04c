# The nominal multiply-adds of one image in training: forward, the gradient by the weights, and the
# gradient by the input (of all layers but the first), each computed directly.
#
# usage: awk -f macs.awk -v net='c32 r p c64 r p d16 r' -v side=28 -v channels=1 -v classes=4
# prints a line a layer: its token, forward, training; then `sum forward training`.
BEGIN {
    h = w = side
    c = channels
    n = split(net " d" classes, token, " ")
    for (i = 1; i <= n; i++) {
        kind = substr(token[i], 1, 1)
        width = substr(token[i], 2) + 0
        if (kind == "p") {
            h = int(h / 2)
            w = int(w / 2)
        } else if (kind == "c") {
            layer(token[i], h * w * c * width * 9)
        } else if (kind == "d") {
            layer(token[i], h * w * c * width)
            h = w = 1
        } else if (kind != "r") {
            print "macs.awk: " token[i] "?" > "/dev/stderr"
            exit 1
        }
        if (width) c = width
    }
    print "sum", forward, training
}
function layer(name, products) {
    print name, products, products * (layers ? 3 : 2)
    forward += products
    training += products * (layers ? 3 : 2)
    layers++
}
