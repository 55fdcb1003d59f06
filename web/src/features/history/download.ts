/** Gives a file to whoever looks at the page. */
export function download(fileName: string, text: string, type = 'application/json'): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken it when it comes back here.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
