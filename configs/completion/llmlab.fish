# Tab completion of llmlab for fish. What may follow is asked of llmlab itself.
function __llmlab_complete
    set -l command (commandline -opc)[1]
    set -l line (commandline -cp | string collect)
    set -l candidates (env _LLMLAB_COMPLETE=fish _LLMLAB_LINE="$line" $command 2>/dev/null)
    if set -q candidates[1]
        printf '%s\n' $candidates
    else
        __fish_complete_path (commandline -ct)
    end
end
complete --command llmlab --no-files --keep-order --arguments '(__llmlab_complete)'
