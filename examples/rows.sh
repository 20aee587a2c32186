# Sourced by the scripts here that train one network after another; they set $here and $folder.
mkdir -p "$folder"

# train NAME NETWORK [options of tq train]: trains unless that was done before; prints a row of a table in Markdown: the name
# and, in per cent, the accuracy on Fashion-MNIST's test images after each epoch.
train() {
    name=$1 file=$folder/$(echo "$1" | tr ', ' '--') network=$2
    shift 2
    if [ ! -f "$file.onnx" ]; then
        "$here/../build/tq" train "$network" --data fashion-mnist --seed 1 --resume --checkpoint-every 100 \
            --log "$file.jsonl" --out "$file.onnx" "$@" >"$file.out" 2>"$file.err" || tail -n 1 "$file.err"
    fi
    sed -n 's/.*"event":"epoch".*"right":\([0-9]*\).*"images":\([0-9]*\).*/\1 \2/p' "$file.jsonl" |
        awk -v "name=$name" 'BEGIN { printf "| `%s` |", name } { printf " %.2f |", 100 * $1 / $2 } END { print "" }'
}
