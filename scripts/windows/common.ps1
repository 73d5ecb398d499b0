# What both set-up scripts share: coloured status, Node, the package, the test of a connection, and the scheduled task.

$ErrorActionPreference = 'Stop'
$script:NodeMinimum = 24
$script:Package = '@octopus-tasks/octopus'

function Write-Step([string]$Text) { Write-Host "==> $Text" -ForegroundColor Cyan }
function Write-Good([string]$Text) { Write-Host "  ok  $Text" -ForegroundColor Green }
function Write-Note([string]$Text) { Write-Host "  !   $Text" -ForegroundColor Yellow }

# Says what is wrong and what to do next, and ends the script.
function Stop-Setup([string]$Text, [int]$Code = 1) {
    Write-Host "  x   $Text" -ForegroundColor Red
    exit $Code
}

# The program of the bundle around this script, or $null where it does not stand in one.
function Get-BundledProgram {
    $program = Join-Path (Split-Path -Parent $PSScriptRoot) 'bin\octopus.cmd'
    if (Test-Path -LiteralPath $program) { return $program }
    return $null
}

function Get-NodeMajor {
    $node = Get-Command -Name 'node' -ErrorAction SilentlyContinue
    if ($null -eq $node) { return 0 }
    $version = & $node.Source --version
    if ("$version" -match '^v(\d+)\.') { return [int]$Matches[1] }
    return 0
}

# Copies the bundle to a place of its own, so that the folder it was unpacked to may go. Answers the program.
function Install-Bundle([string]$InstallDir) {
    $from = Split-Path -Parent $PSScriptRoot
    $to = Join-Path $InstallDir 'app'
    if ((Test-Path -LiteralPath $to) -and ((Resolve-Path -LiteralPath $to).Path -eq $from)) {
        return (Join-Path $to 'bin\octopus.cmd')
    }
    New-Item -ItemType Directory -Force -Path $to | Out-Null
    foreach ($part in 'bin', 'lib', 'node', 'windows') {
        $target = Join-Path $to $part
        if (Test-Path -LiteralPath $target) { Remove-Item -LiteralPath $target -Recurse -Force }
        Copy-Item -LiteralPath (Join-Path $from $part) -Destination $target -Recurse
    }
    return (Join-Path $to 'bin\octopus.cmd')
}

# Makes sure that Octopus can be started, and answers the program that does it.
function Install-Octopus([string]$InstallDir, [bool]$SkipSetup) {
    $bundled = Get-BundledProgram
    if ($SkipSetup) {
        if ($null -ne $bundled) { return $bundled }
        $found = Get-Command -Name 'octopus' -ErrorAction SilentlyContinue
        if ($null -eq $found) { Stop-Setup 'octopus is not installed: run this script without -SkipSetup' 2 }
        return $found.Source
    }
    if ($null -ne $bundled) {
        Write-Step "Installing from the bundle to $InstallDir"
        $program = Install-Bundle -InstallDir $InstallDir
        Write-Good "installed, with the Node of the bundle"
        return $program
    }
    Write-Step 'Looking for Node'
    $major = Get-NodeMajor
    if ($major -lt $script:NodeMinimum) {
        $seen = if ($major -eq 0) { 'there is none' } else { "this one is $major" }
        Stop-Setup "Octopus needs Node $($script:NodeMinimum) or newer, and ${seen}: install it from https://nodejs.org, or take the offline bundle" 2
    }
    Write-Good "Node $major"
    Write-Step "Installing $($script:Package)"
    & npm install --global $script:Package --no-audit --no-fund
    if ($LASTEXITCODE -ne 0) {
        Stop-Setup "npm could not install $($script:Package) (exit code $LASTEXITCODE): without a way to the registry, take the offline bundle"
    }
    $found = Get-Command -Name 'octopus' -ErrorAction SilentlyContinue
    if ($null -eq $found) { Stop-Setup 'npm has installed octopus in a folder that is not in PATH: see npm prefix --global' }
    Write-Good "installed: $($found.Source)"
    return $found.Source
}

# True when something listens there.
function Test-Port([string]$HostName, [int]$Port, [int]$TimeoutMs = 3000) {
    $client = New-Object System.Net.Sockets.TcpClient
    try {
        $waiting = $client.ConnectAsync($HostName, $Port)
        return ($waiting.Wait($TimeoutMs) -and $client.Connected)
    }
    catch { return $false }
    finally { $client.Dispose() }
}

# Registers a task that runs the program at the start of the machine and again when it ends, and starts it now.
function Install-Task([string]$Name, [string]$Program, [string[]]$Words, [string]$Folder) {
    $identity = [Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()
    if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Stop-Setup '-Install registers a task for the whole machine: run this script as administrator' 2
    }
    Write-Step "Registering the task $Name"
    $quoted = ($Words | ForEach-Object { if ($_ -match '[\s"]') { '"' + ($_ -replace '"', '\"') + '"' } else { $_ } }) -join ' '
    New-Item -ItemType Directory -Force -Path $Folder | Out-Null
    # A task has no console: what it has to say goes to a file beside its data, unless somebody has said otherwise there.
    $config = Join-Path $Folder 'octopus.yaml'
    if (-not (Test-Path -LiteralPath $config)) {
        Set-Content -LiteralPath $config -Value "log:`n  file: octopus.log`n" -NoNewline -Encoding ascii
    }
    $action = New-ScheduledTaskAction -Execute $Program -Argument $quoted -WorkingDirectory $Folder
    $trigger = New-ScheduledTaskTrigger -AtStartup
    $principal = New-ScheduledTaskPrincipal -UserId 'NT AUTHORITY\LOCAL SERVICE' -LogonType ServiceAccount
    $settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) -ExecutionTimeLimit ([TimeSpan]::Zero) -StartWhenAvailable
    & icacls $Folder /grant '*S-1-5-19:(OI)(CI)M' /Q | Out-Null
    if ($LASTEXITCODE -ne 0) { Stop-Setup "the folder $Folder could not be made writable for the task (icacls: $LASTEXITCODE)" }
    Register-ScheduledTask -TaskName $Name -Action $action -Trigger $trigger -Principal $principal -Settings $settings -Force | Out-Null
    Start-ScheduledTask -TaskName $Name
    Write-Good "it runs now and with every start of the machine: Get-ScheduledTask $Name"
}
