/** Hands a text to the browser as a file to keep. */
export function saveFile(path: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = path.slice(path.lastIndexOf('/') + 1);
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // some browsers read it only after the click
}
