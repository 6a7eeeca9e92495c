# Tab completion of llmlab for bash, from 3.2 on. What may follow is asked of llmlab itself.
_llmlab_complete() {
    local candidate
    COMPREPLY=()
    compopt -o nosort 2>/dev/null  # from 4.4 on: in the order that is given
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(_LLMLAB_COMPLETE=bash _LLMLAB_LINE="${COMP_LINE:0:COMP_POINT}" _LLMLAB_BREAKS="$COMP_WORDBREAKS" \
        "${1/#\~/$HOME}" 2>/dev/null)
}
complete -o default -F _llmlab_complete llmlab
