# Sourced: runs all stages in order, also after a failed one, and reports the result of each at the end.
lines=
failed=0

stage() { # stage TITLE COMMAND...
    title=$1
    shift
    printf '\n== %s\n' "$title"
    began=$(date +%s)
    status=0
    "$@" || status=$?
    result=passed
    [ "$status" = 0 ] || { result="FAILED ($status)"; failed=1; }
    lines="$lines$(printf '%6d s  %-12s %s' "$(($(date +%s) - began))" "$result" "$title")
"
}

summary() { # Prints a line for each stage; returns 1 where one failed.
    printf '\n== summary\n%s' "$lines"
    return "$failed"
}
