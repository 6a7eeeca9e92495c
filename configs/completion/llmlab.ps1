# Tab completion of llmlab for PowerShell. What may follow is asked of llmlab itself.
Register-ArgumentCompleter -Native -CommandName llmlab -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.Extent.Text
    $length = $cursorPosition - $commandAst.Extent.StartOffset
    $line = if ($length -gt $line.Length) { "$line " } else { $line.Substring(0, $length) }
    $encoding = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.UTF8Encoding]::new()
        $env:_LLMLAB_COMPLETE = 'powershell'
        $env:_LLMLAB_LINE = $line
        & $commandAst.GetCommandName() 2>$null | ForEach-Object {
            $value, $meaning = $_ -split "`t", 2
            if (-not $meaning) { $meaning = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $meaning)
        }
    } finally {
        Remove-Item Env:_LLMLAB_COMPLETE, Env:_LLMLAB_LINE -ErrorAction SilentlyContinue
        [Console]::OutputEncoding = $encoding
    }
}
