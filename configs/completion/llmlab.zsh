#compdef llmlab
# Tab completion of llmlab for zsh. What may follow is asked of llmlab itself.
_llmlab() {
    local -a candidates
    candidates=(${(f)"$(_LLMLAB_COMPLETE=zsh _LLMLAB_LINE="${(j: :)words[1,CURRENT-1]} ${compstate[quote]}$PREFIX" \
        "${${(Q)words[1]}/#\~/$HOME}" 2>/dev/null)"})
    if (( $#candidates )); then
        _describe -V llmlab candidates
    else
        _files
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then  # from a folder of $fpath
    _llmlab "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _llmlab llmlab
fi
