<#
.SYNOPSIS
Sets up and starts an Octopus worker.
.DESCRIPTION
Installs Octopus (from the offline bundle where the script stands in one, else with npm), tests the connection, and starts
the worker: here, or with -Install as a scheduled task that comes back with the machine. Without -ServerUrl and -Join it
looks for a server on this network.
.PARAMETER ServerUrl
Where the server is: http://server:8000.
.PARAMETER Join
Join token: says where the server is and lets the worker in.
.PARAMETER WorkerName
Name of the worker; that of the machine when nothing is said.
.PARAMETER Slots
Tasks that it runs at once.
.PARAMETER Labels
What it is, for tasks that choose by that: zone=attic,disk=ssd.
.PARAMETER Install
Registers a scheduled task instead of starting it here. Needs an administrator.
.PARAMETER SkipSetup
Installs nothing: starts what is there.
.EXAMPLE
.\setup-worker.ps1 -ServerUrl http://server:8000 -WorkerName box-1 -Slots 4
#>
[CmdletBinding()]
param(
    [Alias('Server')] [string]$ServerUrl = '',
    [string]$Join = '',
    [Alias('ClientName')] [string]$WorkerName = '',
    [ValidateRange(0, 10000)] [int]$Slots = 0,
    [string]$Labels = '',
    [string]$InstallDir = (Join-Path $env:ProgramData 'Octopus'),
    [switch]$Install,
    [switch]$SkipSetup
)

. (Join-Path $PSScriptRoot 'common.ps1')

try {
    if ($ServerUrl -ne '') {
        $address = $null
        $text = if ($ServerUrl -match '^https?://') { $ServerUrl } else { "http://$ServerUrl" }
        if (-not [Uri]::TryCreate($text, [UriKind]::Absolute, [ref]$address)) {
            Stop-Setup "-ServerUrl must be an address such as http://server:8000, not $ServerUrl" 2
        }
        $ServerUrl = $text.TrimEnd('/')
    }

    $program = Install-Octopus -InstallDir $InstallDir -SkipSetup $SkipSetup.IsPresent

    if ($ServerUrl -ne '') {
        Write-Step "Looking for the server at $ServerUrl"
        if (Test-Port -HostName $address.DnsSafeHost -Port $address.Port) {
            Write-Good 'it can be reached'
        }
        else {
            Write-Note "nothing listens there yet, or a firewall is between: the worker goes on trying"
        }
    }
    elseif ($Join -eq '') {
        Write-Note 'neither -ServerUrl nor -Join: the worker looks for a server on this network'
    }

    $words = @('worker')
    if ($ServerUrl -ne '') { $words += @('--server', $ServerUrl) }
    if ($WorkerName -ne '') { $words += @('--name', $WorkerName) }
    if ($Slots -gt 0) { $words += @('--slots', "$Slots") }
    if ($Labels -ne '') { $words += @('--labels', $Labels) }

    if ($Install) {
        $folder = Join-Path $InstallDir 'worker'
        New-Item -ItemType Directory -Force -Path $folder | Out-Null
        $words += @('--dir', $folder)
        if ($Join -ne '') {
            # Not among the words of the task, which everybody on this machine may read.
            $secret = Join-Path $folder 'join'
            Set-Content -LiteralPath $secret -Value $Join -NoNewline -Encoding ascii
            & icacls $secret /inheritance:r /grant '*S-1-5-32-544:F' /grant '*S-1-5-19:R' /Q | Out-Null
            if ($LASTEXITCODE -ne 0) { Stop-Setup "the join token could not be hidden from others (icacls: $LASTEXITCODE)" }
            $words += @('--join', "@$secret")
        }
        Install-Task -Name 'OctopusWorker' -Program $program -Words $words -Folder $folder
        exit 0
    }
    Write-Step 'Starting the worker (Ctrl-C ends it)'
    if ($Join -ne '') { $env:OCTOPUS_WORKER_JOIN = $Join }
    & $program @words
    exit $LASTEXITCODE
}
catch {
    Stop-Setup $_.Exception.Message
}
