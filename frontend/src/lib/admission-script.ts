export const admissionKey = "contact-sync.signed-in";

/** On the document's root while nobody is known to be signed in; globals.css hides the pages then. */
export const unknownVisitor = "unknown-visitor";

/** Runs in the document's head before anything is painted, so that nobody who is signed out sees a page for a moment. */
export const admissionScript = `(function(){try{if(localStorage.getItem("${admissionKey}")==="1")return}catch(e){}document.documentElement.classList.add("${unknownVisitor}")})();`;
