#!/usr/bin/env bats
# What rottrain reads and writes at once: nothing of it is lost.
# shellcheck disable=SC2086,SC2016,SC2094 # options in one string; $ for inner shells
load lib

# refuses REGEX OPTION...: status 2, and every file is as it was.
refuses() {
    local regex=$1
    shift
    sha256sum ./*.rts >before
    expect_error 2 "$regex" rottrain -q -e 1 --net d1 "$@"
    sha256sum --quiet -c before || fail "$*: a file has changed" || return 1
    [[ ! -e new && ! -e other ]] || fail "$*: a file is there"
}

@test "trainfiles: --save and --log never take the place of what is read" {
    local option
    stream 12 4 2 >d.rts
    cp d.rts v.rts
    rottrain -q -e 0 --net d1 d.rts >base.rts
    ln -s d.rts link.rts
    ln d.rts hard.rts
    for option in --save --log; do
        refuses "$option needs a file of its own: 'd.rts' is the training data" $option d.rts -o new d.rts
        refuses "'./d.rts' is the training data" $option ./d.rts -o new v.rts d.rts
        refuses "'link.rts' is the training data" $option link.rts -o new d.rts
        refuses "'hard.rts' is the training data" $option hard.rts -o new d.rts
        refuses "'d.rts' is the training data" $option d.rts -o new <d.rts
        refuses "'d.rts' is the training data" $option d.rts -o new v.rts - <d.rts
        refuses "'v.rts' is the data of --valid" $option v.rts --valid v.rts -o new d.rts
        sha256sum base.rts >kept
        expect_error 2 "'base.rts' is the model of -m" rottrain -q -m base.rts $option base.rts d.rts
        sha256sum --quiet -c kept
        refuses "$option needs a file of its own" $option - -o new d.rts
        refuses "$option needs a file of its own" $option '' -o new d.rts
    done
    rottrain -q -e 1 --net d1 --save state.rts d.rts >m.rts
    refuses "'state.rts' is the state of --resume" --log state.rts --resume state.rts d.rts
    refuses "'state.rts' is the state of --resume" --log state.rts --resume - d.rts <state.rts
    rottrain -q -e 1 --net d1 --save state.rts --resume state.rts d.rts | cmp - m.rts
}

@test "trainfiles: of -o, --save and --log no two are one file, also where none is there yet" {
    stream 12 4 2 >d.rts
    mkdir folder
    ln -s . here
    ln -s new dangling
    refuses "--save needs .* './new' is where the model goes" --save ./new -o new d.rts
    refuses 'is where the model goes' --save here/new -o folder/../new d.rts
    refuses 'is where the model goes' --save dangling -o new d.rts
    refuses "--log needs .* 'new' is where the model goes" --log new -o new d.rts
    refuses "--log needs .* 'new' is where --save writes" --log new --save ./new -o other d.rts
    refuses 'the name of the file is empty' -o '' d.rts
    # Names alone do not count, and what is no regular file may be several of them.
    rottrain -q -e 1 --net d1 --save /dev/null --log /dev/null -o /dev/null d.rts
    rottrain -q -e 1 --net d1 --save folder/new --log here/log -o new d.rts
    [[ -s new && -s log && -s folder/new ]]
}

@test "trainfiles: standard output is a file, too" {
    stream 12 4 2 >d.rts
    expect_error 2 "--save needs a file of its own: 'm' is where the model goes" \
        sh -c 'rottrain -q -e 1 --net d1 --save m d.rts >m'
    expect_error 2 "--log needs a file of its own: 'm' is where the model goes" \
        sh -c 'rottrain -q -e 1 --net d1 --log m -o - d.rts >m'
    [[ ! -s m ]]
    rottrain -q -e 1 --net d1 --save s --log m -o new d.rts >m
    [[ -s s && $(wc -l <m) == 2 ]]
}
