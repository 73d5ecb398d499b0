// Before the first paint, so that a dark screen never flashes white. The rest of the choices is in src/app/choices.ts.
try {
  const { theme, density } = JSON.parse(localStorage.getItem("octopus.choices") ?? "{}");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (density === "dense") document.documentElement.dataset.density = density;
} catch {
  // A browser that keeps nothing: the system's theme.
}
