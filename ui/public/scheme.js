// Runs before first paint, so that a dark page never flashes white. External, not inline: the content
// security policy then needs no hash.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('studiolo-colour-scheme');
  } catch {
    // storage refused: follow the system
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
