@echo off
"%~dp0..\node\node.exe" "%~dp0..\@HOME@\dist\cli\main.js" %*
exit /b %ERRORLEVEL%
